using System.Buffers;

namespace PlayFair.Video;

/// <summary>One decoded frame. Whoever receives it disposes it; its memory then returns to the pool.</summary>
public sealed class VideoFrame : IDisposable
{
    private readonly int _byteCount;
    private byte[]? _rented;

    internal VideoFrame(long index, TimeSpan presentationTime, byte[] rented, int byteCount)
    {
        Index = index;
        PresentationTime = presentationTime;
        _rented = rented;
        _byteCount = byteCount;
    }

    /// <summary>A frame with pixels of its own, for sources that ffmpeg does not decode.</summary>
    /// <param name="pixels">Copied.</param>
    public static VideoFrame Copy(long index, TimeSpan presentationTime, ReadOnlySpan<byte> pixels)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(pixels.Length);
        pixels.CopyTo(rented);
        return new VideoFrame(index, presentationTime, rented, pixels.Length);
    }

    /// <summary>Place in decode order, from 0, over all frames that decode, not only those sampled.</summary>
    public long Index { get; }

    /// <summary>Time since the video's first frame; never below an earlier frame's.</summary>
    public TimeSpan PresentationTime { get; }

    /// <summary>8-bit interleaved pixels, shape [height × width × 3], row-major, top row first.</summary>
    /// <exception cref="ObjectDisposedException">The frame has been disposed.</exception>
    public ReadOnlyMemory<byte> Pixels
    {
        get
        {
            byte[]? rented = _rented;
            ObjectDisposedException.ThrowIf(rented is null, this);
            return rented.AsMemory(0, _byteCount);
        }
    }

    /// <summary>The same pixels further on; they are no longer this frame's.</summary>
    internal VideoFrame MovedBy(long frameCount, TimeSpan time)
    {
        byte[]? rented = Interlocked.Exchange(ref _rented, null);
        ObjectDisposedException.ThrowIf(rented is null, this);
        return new VideoFrame(Index + frameCount, PresentationTime + time, rented, _byteCount);
    }

    public void Dispose()
    {
        // A second return of one array would lend it to two owners at once.
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
