using System.Text;
using PlayFair.Contracts;
using PlayFair.Video;

namespace PlayFair.Cli;

/// <summary>The videos that a command line names, and their ids, which come from their names.</summary>
internal sealed class NamedVideos
{
    private const int MaxIdLength = 64;

    /// <summary>Samples that look different and move most of the time; more would be much for two cores.</summary>
    private static readonly string[] DemoSamples = ["opening", "rotatingclockwise", "colliding"];

    private readonly List<VideoDefinition> _definitions = [];
    private readonly List<string> _files = [];

    public IReadOnlyList<VideoDefinition> Definitions => _definitions;

    /// <summary>The files among them.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <summary>Adds a file or an address.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public void Add(string text)
    {
        VideoSource source;
        try
        {
            source = VideoSource.Parse(text);
        }
        catch (SourceException refusal)
        {
            throw new UsageException(refusal.Message);
        }

        if (source.Kind == SourceKind.File)
        {
            string path = Path.GetFullPath(text);
            if (!File.Exists(path))
                throw new UsageException($"There is no file '{text}'; expected a video, or a source's address.");
            AddFile(path, Path.GetFileNameWithoutExtension(path), loops: false);
            return;
        }

        // An address's path may be a key; its host is not.
        string name = Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Host.Length > 0
            ? address.Host
            : text.Split('?')[0].Replace(':', '-');
        Add(new VideoDefinition { Id = NewId(name), Source = text });
    }

    /// <summary>Adds sample videos, looped, and a synthetic camera.</summary>
    /// <exception cref="UsageException">The samples are not there.</exception>
    public void AddDemo()
    {
        foreach (string sample in SampleVideos.List())
        {
            // "3000014-opening.mp4"
            string name = Path.GetFileNameWithoutExtension(sample).Split('-')[^1];
            if (DemoSamples.Contains(name, StringComparer.Ordinal))
                AddFile(sample, name, loops: true);
        }

        Add(new VideoDefinition { Id = NewId("camera"), Title = "Synthetic camera", Source = "synthetic:1" });
    }

    private void AddFile(string path, string name, bool loops)
    {
        _files.Add(path);
        // What looks like an address is a path all the same.
        Add(new VideoDefinition { Id = NewId(name), Source = path, Loop = loops });
    }

    private void Add(VideoDefinition definition) => _definitions.Add(definition);

    private string NewId(string name)
    {
        var id = new StringBuilder();
        foreach (char c in name.ToLowerInvariant())
        {
            bool isAlphanumeric = char.IsAsciiLetterOrDigit(c);
            if (isAlphanumeric || (id.Length > 0 && c is '-' or '_' or '.'))
                id.Append(c);
            else if (id.Length > 0 && id[^1] != '-')
                id.Append('-');
        }

        string start = id.ToString().TrimEnd('-', '.', '_');
        start = start.Length == 0 ? "video" : start[..Math.Min(start.Length, MaxIdLength - 4)];
        string unique = start;
        for (int i = 2; _definitions.Exists(other => other.Id == unique); i++)
            unique = $"{start}-{i}";
        return unique;
    }
}
