namespace PlayFair.Video;

/// <summary>Opens sources.</summary>
public static class FrameSources
{
    /// <summary>
    /// Prepares a source, which connects when it is read. Whatever keeps it from being read shows in its
    /// <see cref="IFrameSource.Status"/>.
    /// </summary>
    /// <remarks>
    /// <para>A file waits for its reader. At its own pace a frame is here when it is due; a reader that was late by
    /// more than a second goes on from there. <see cref="FrameSourceOptions.Loops"/>,
    /// <see cref="FrameSourceOptions.IsFast"/> and <see cref="FrameSourceOptions.SkipCount"/> are for files only. A
    /// loop ends where the file has become another one.</para>
    /// <para>A live source that ends, or sends nothing for <see cref="FrameSourceOptions.WatchdogTimeout"/>, is
    /// connected anew: after 1 s five times, 5 s five times, 10 s ten times, then 60 s for ever; from the start again
    /// once frames came for 10 s. What comes over HTTP in pieces or as a file (HLS, a container
    /// that names its length) plays at its own pace; if it names its length and is read to its end, it ends there, as a
    /// file does.</para>
    /// <para><see cref="SourceFrame.DecodeTime"/> is, for a file, how long decoding took since the frame before; for a
    /// live source, the time from the frame's first byte to its last, since the rest is waiting for the camera; for a
    /// synthetic one, how long it took to draw.</para>
    /// </remarks>
    /// <param name="policy">Checked before each connection or opening.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static IFrameSource Open(VideoSource source, SourcePolicy policy, FrameSourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(options);
        _ = FrameSource.CheckedRate(options.RateHz);
        ArgumentOutOfRangeException.ThrowIfNegative(options.SkipCount);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FirstIndex);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.StallTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WatchdogTimeout, options.StallTimeout);
        return source.Kind switch
        {
            SourceKind.File => new FileFrameSource(source, policy, options),
            SourceKind.Synthetic => new SyntheticFrameSource(source, policy, options),
            _ => new LiveFrameSource(source, policy, options),
        };
    }

    /// <summary>What <see cref="IFrameSource.Identity"/> would be now; null if it cannot be told.</summary>
    public static string? IdentityOf(VideoSource source, SourcePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(policy);
        try
        {
            return source.IsLive ? null : FileFrameSource.IdentityOf(policy.AllowedPath(source.Address));
        }
        catch (Exception e) when (e is SourceException or VideoException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
