namespace PlayFair.Cli;

/// <summary>The sample videos that ship, beside the program.</summary>
internal static class SampleVideos
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>Paths, by name.</summary>
    /// <exception cref="UsageException">They are not there.</exception>
    public static IReadOnlyList<string> List()
    {
        string[] videos = Directory.Exists(Folder)
            ? [.. Directory.EnumerateFiles(Folder, "*.mp4").Order(StringComparer.Ordinal)]
            : [];
        return videos.Length > 0
            ? videos
            : throw new UsageException($"There are no sample videos in '{Folder}'. Install playfair again, or build it.");
    }
}
