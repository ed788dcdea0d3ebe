using PlayFair.Engine;
using PlayFair.Engine.Tests.Storage;

/// <summary>
/// Makes this program, started with DOTNET_STARTUP_HOOKS naming its own assembly, a process that writes into a store
/// until it is killed, and prints a line for each update that was committed.
/// </summary>
#pragma warning disable CA1050, MA0047 // The runtime looks for this name outside of namespaces.
internal static class StartupHook
#pragma warning restore CA1050, MA0047
{
    public const string DatabaseVariable = "PLAYFAIR_TEST_STORE";
    public const string MaxBytesVariable = "PLAYFAIR_TEST_STORE_BYTES";

    public static readonly string[] Videos = ["a", "b"];

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(DatabaseVariable) is { Length: > 0 } database)
            WriteAsync(database, Environment.GetEnvironmentVariable(MaxBytesVariable)).GetAwaiter().GetResult();
    }

    private static async Task WriteAsync(string database, string? maxBytes)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput());
        await output.WriteLineAsync("opening");
        await output.FlushAsync();
        var options = new StoreOptions
        {
            MaxBytes = maxBytes is null ? null : long.Parse(maxBytes, null),
            CommitDelay = TimeSpan.FromMilliseconds(1),
            QueueCapacity = 32,
        };
        await using VideoStore store = VideoStore.Open(database, options, updates =>
        {
            foreach (StoredUpdate update in updates)
                output.WriteLine($"{update.Update.Video} {update.Update.Sequence}");
            output.Flush();
        });
        foreach (string video in Videos.Where(video => store.Videos().All(v => v.Definition.Id != video)))
            store.SaveVideo(Samples.Video(video));
        long[] next = [.. Videos.Select(video => store.LastSequence(video) + 1 ?? 0)];
        while (true)
        {
            for (int v = 0; v < Videos.Length; v++)
            {
                await store.AppendAsync(
                    Samples.Update(Videos[v], next[v], resume: $"{next[v]}", thumbnail: next[v] % 8 == 0 ? [1] : null),
                    CancellationToken.None);
                next[v]++;
            }
        }
    }
}
