using PlayFair.Engine;

namespace PlayFair.Cli;

/// <summary>A video service that runs, as those who serve it over HTTP need it.</summary>
/// <param name="Owner">What ends the service; disposed of with this.</param>
/// <param name="Store">Where it keeps what happens, for the user to read.</param>
internal sealed record StartedService(IVideoService Service, IAsyncDisposable Owner, string Store) : IAsyncDisposable
{
    /// <summary>The <see cref="Store"/> of a service without one.</summary>
    public const string NoStore = "nothing is kept";

    /// <summary>What else its user should know, each with a word for what it is.</summary>
    public IReadOnlyList<(string Name, string Text)> Notes { get; init; } = [];

    /// <summary>Names of meters that its framework has.</summary>
    public IReadOnlyList<string> Meters { get; init; } = [];

    /// <summary>Why no new work should be sent to it; null: it does its work.</summary>
    public Func<string?> WhyNotReady { get; init; } = () => null;

    /// <summary>Gives what it runs to others, before its server ends.</summary>
    public Func<Task> DrainAsync { get; init; } = () => Task.CompletedTask;

    /// <summary>Ends, and says why, when the service cannot go on.</summary>
    public Task<string> Failed { get; init; } = new TaskCompletionSource<string>().Task;

    public ValueTask DisposeAsync() => Owner.DisposeAsync();
}
