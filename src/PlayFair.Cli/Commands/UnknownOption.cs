using System.CommandLine;
using System.CommandLine.Parsing;

namespace PlayFair.Cli.Commands;

/// <summary>
/// Options with a typing error: a command that takes any number of names takes them for names, and would look for them.
/// </summary>
internal static class UnknownOption
{
    /// <param name="except">What is a name all the same.</param>
    /// <exception cref="UsageException">One of the names looks like an option.</exception>
    public static void Refuse(ParseResult arguments, IEnumerable<string> names, Predicate<string> except)
    {
        // What follows '--' is a name whatever it looks like.
        if (arguments.Tokens.Any(token => token.Type == TokenType.DoubleDash))
            return;
        if (names.FirstOrDefault(name => name is ['-', _, ..] && !except(name)) is { } unknown)
        {
            throw new UsageException(
                $"There is no option '{unknown}'. See 'playfair {arguments.CommandResult.Command.Name} --help'.");
        }
    }
}
