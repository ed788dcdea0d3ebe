using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>The last frames of one video with their pixels, to show; and every so often one that is to be kept for good.</summary>
internal sealed class FrameShelf(FrameFormat format, int capacity, TimeSpan keepInterval) : IDisposable
{
    private readonly Queue<VideoFrame> _frames = new();
    private readonly Lock _lock = new();
    private TimeSpan? _keepAt;
    private bool _isDisposed;

    /// <summary>Takes a frame over.</summary>
    /// <returns>The picture, if this one is to be kept.</returns>
    public StoredThumbnail? Put(VideoFrame frame)
    {
        StoredThumbnail? kept = null;
        TimeSpan time = frame.PresentationTime;
        if (_keepAt is not { } due || time >= due || time < due - keepInterval)
        {
            _keepAt = time + keepInterval;
            kept = new StoredThumbnail(frame.Index, PngImage.Encode(frame.Pixels.Span, format));
        }

        lock (_lock)
        {
            if (_isDisposed)
            {
                frame.Dispose();
                return kept;
            }

            if (_frames.Count == capacity)
                _frames.Dequeue().Dispose();
            _frames.Enqueue(frame);
        }

        return kept;
    }

    /// <summary>A frame that is still here as a PNG file; else null.</summary>
    public byte[]? Png(long index)
    {
        byte[] pixels;
        lock (_lock)
        {
            if (_frames.FirstOrDefault(frame => frame.Index == index) is not { } frame)
                return null;
            pixels = frame.Pixels.ToArray();
        }

        return PngImage.Encode(pixels, format);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            while (_frames.TryDequeue(out VideoFrame? frame))
                frame.Dispose();
        }
    }
}
