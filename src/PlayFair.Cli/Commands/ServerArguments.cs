using System.CommandLine;
using PlayFair.Client;

namespace PlayFair.Cli.Commands;

/// <summary>Which server a command talks to.</summary>
internal sealed class ServerArguments
{
    private readonly Option<string?> _url = new("--url")
    {
        Description = $"The server's address. Default: {PlayFairClientOptions.AddressVariable}, else "
            + $"{PlayFairClientOptions.DefaultAddress}.",
        HelpName = "URL",
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description =
            $"The token that the server asks for. Better by {PlayFairClientOptions.TokenVariable}: lists of processes "
            + "do not show that.",
        HelpName = "TOKEN",
    };

    public void AddTo(Command command)
    {
        command.Add(_url);
        command.Add(_token);
    }

    /// <exception cref="UsageException">The address or the token makes no sense.</exception>
    public PlayFairClient Connect(ParseResult arguments)
    {
        try
        {
            return new PlayFairClient(new() { Address = arguments.GetValue(_url), Token = arguments.GetValue(_token) });
        }
        catch (ArgumentException refusal)
        {
            throw new UsageException(refusal.Message);
        }
    }
}
