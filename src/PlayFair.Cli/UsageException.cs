using System.Diagnostics.CodeAnalysis;

namespace PlayFair.Cli;

/// <summary>The command line asks for something that makes no sense; the message says what and what would.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Only ever thrown with a message.")]
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The server is well and has not what was asked for; the message says what to do.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Only ever thrown with a message.")]
internal sealed class NothingThereException(string message) : Exception(message);

/// <summary>The cluster cannot be joined; the message says why and what to do.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Only ever thrown with a message.")]
internal sealed class JoinException(string message, Exception cause) : Exception(message, cause);

/// <summary>A part of the program is not in this build; the message says which, why and what to do.</summary>
[SuppressMessage("Roslynator", "RCS1194", Justification = "Only ever thrown with a message.")]
internal sealed class MissingPartException(string message) : Exception(message);
