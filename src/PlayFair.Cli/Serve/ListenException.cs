namespace PlayFair.Cli;

/// <summary>The server cannot listen where it is told to.</summary>
#pragma warning disable RCS1194 // Without words it would say nothing.
internal sealed class ListenException(string message, Exception? innerException = null)
    : Exception(message, innerException);
#pragma warning restore RCS1194
