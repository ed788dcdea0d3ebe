namespace PlayFair.Contracts;

/// <summary>How fast a file is read.</summary>
public enum Pace
{
    /// <summary>At the speed at which it plays.</summary>
    Source,

    /// <summary>As fast as the machine can.</summary>
    Fast,
}

/// <summary>How RTSP brings its packets.</summary>
public enum RtspTransport
{
    Tcp,
    Udp,
}

/// <summary>A video that is to be attributed while it plays, as its user describes it.</summary>
public sealed record VideoDefinition
{
    /// <summary>Its name in addresses: 1 to 64 of a–z, 0–9, '-', '_' and '.', beginning with a letter or digit.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it; null: the id.</summary>
    public string? Title { get; init; }

    /// <summary>Under which heading it is shown, at most 100 characters on one line; null: none.</summary>
    public string? Group { get; init; }

    /// <summary>
    /// Where frames come from: a file's path; an address with rtsp, rtsps, rtmp, rtmps, http, https, srt or udp;
    /// <c>v4l2:/dev/video0</c>; <c>synthetic:SEED</c>. In every answer, credentials in it are replaced by <c>***</c>.
    /// </summary>
    public required string Source { get; init; }

    /// <summary>The model package's name; null: the server's default.</summary>
    public string? Model { get; init; }

    /// <summary>Frames sampled a second, above 0 and at most 120.</summary>
    public double RateHz { get; init; } = 8;

    /// <summary>n: frames in the window, 2 to 4096.</summary>
    public int Window { get; init; } = 16;

    /// <summary>By how many sampled frames the window moves between updates, 1 to <see cref="Window"/>.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>
    /// m: subsequences of each size in a sample, 1 to 65536. Null: exact values where these are feasible, else 256.
    /// </summary>
    public int? Samples { get; init; }

    /// <summary>R: independent samples, 1 to 64; from 2 on sampled values have standard errors.</summary>
    public int Iterations { get; init; } = 4;

    /// <summary>Fixes every random choice; below 2⁵³.</summary>
    public ulong Seed { get; init; }

    /// <summary><c>softmax-of-mean</c>, <c>mean-of-softmax</c> or <c>logit</c>; null: the model's.</summary>
    public string? Score { get; init; }

    /// <summary>
    /// Classes in each update: <c>top</c>, <c>topK</c>, names or indices; the window's top class is always there.
    /// </summary>
    public IReadOnlyList<string> Classes { get; init; } = ["top3"];

    /// <summary>How fast a file is read; live sources have their own pace.</summary>
    public Pace Pace { get; init; }

    /// <summary>Whether a file starts again at its end.</summary>
    public bool Loop { get; init; }

    /// <summary>How RTSP brings its packets.</summary>
    public RtspTransport Transport { get; init; }

    /// <summary>Whether it rests: nothing is read, and its history stays. A file goes on after its last update.</summary>
    public bool Paused { get; init; }
}
