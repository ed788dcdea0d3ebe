using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>
/// Pictures of any frame of file videos: decoded one after the other, those that are waited for together in one go, and
/// kept a while.
/// </summary>
internal sealed class FilePictures(SourcePolicy policy) : IDisposable
{
    private const long MostKeptBytes = 32 << 20;

    /// <summary>Frames that are decoded in one go; and no two of them are further apart than this.</summary>
    private const int MostAtOnce = 32;

    private static readonly TimeSpan s_reach = TimeSpan.FromSeconds(10);

    /// <summary>Only a frame whose time nobody knows, far into a long file, takes so long.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly FramePictures _pictures = new(policy);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _lock = new();
    private readonly List<Wish> _waiting = [];
    private readonly Dictionary<Wish, LinkedListNode<(Wish Wish, byte[]? Picture)>> _kept = [];
    private readonly LinkedList<(Wish Wish, byte[]? Picture)> _newestFirst = new();
    private long _keptBytes;

    /// <summary>A picture; null where the file has no such frame.</summary>
    /// <exception cref="VideoServiceException">It cannot be read, or not now.</exception>
    public async Task<byte[]?> GetAsync(Wish wish, CancellationToken cancellationToken)
    {
        if (Find(wish, out byte[]? kept))
            return kept;
        lock (_lock)
            _waiting.Add(wish);
        try
        {
            if (!await _turn.WaitAsync(s_patience, cancellationToken))
                throw Busy();
            try
            {
                if (Find(wish, out kept))
                    return kept;
                return await ReadAsync(wish, cancellationToken);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            lock (_lock)
                _waiting.Remove(wish);
        }
    }

    public void Dispose() => _turn.Dispose();

    private static VideoServiceException Busy() => new(
        VideoServiceError.Busy, "Pictures of other frames are being decoded. Ask again in a few seconds.");

    private async Task<byte[]?> ReadAsync(Wish wish, CancellationToken cancellationToken)
    {
        Wish[] together;
        lock (_lock)
        {
            together =
            [
                wish,
                .. _waiting.Where(other => other != wish && other.IsNear(wish)).Distinct()
                    .OrderBy(other => Math.Abs(other.Frame.Index - wish.Frame.Index)).Take(MostAtOnce - 1),
            ];
        }

        using var timer = new CancellationTokenSource(s_patience);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        FrameAddress[] frames = Array.ConvertAll(together, one => one.Frame);
        try
        {
            VideoSource source = wish.Source.Address;
            IReadOnlyList<byte[]?> pictures = wish.Width is { } width
                ? await _pictures.ReadJpegAsync(source, frames, width, both.Token)
                : await _pictures.ReadPngAsync(source, frames, wish.Format, both.Token);
            for (int i = 0; i < together.Length; i++)
                Keep(together[i], pictures[i]);
            return pictures[0];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new VideoServiceException(
                VideoServiceError.Busy,
                $"Frame {wish.Frame.Index} takes longer than {s_patience.TotalSeconds:0} s to decode: the file has to be "
                + "read from its start, as its time is not known.");
        }
    }

    private bool Find(Wish wish, out byte[]? picture)
    {
        lock (_lock)
        {
            picture = null;
            if (!_kept.TryGetValue(wish, out LinkedListNode<(Wish Wish, byte[]? Picture)>? node))
                return false;
            _newestFirst.Remove(node);
            _newestFirst.AddFirst(node);
            picture = node.Value.Picture;
            return true;
        }
    }

    private void Keep(Wish wish, byte[]? picture)
    {
        lock (_lock)
        {
            if (_kept.ContainsKey(wish))
                return;
            _kept.Add(wish, _newestFirst.AddFirst((wish, picture)));
            _keptBytes += SizeOf(picture);
            while (_keptBytes > MostKeptBytes)
            {
                (Wish oldest, byte[]? dropped) = _newestFirst.Last!.Value;
                _newestFirst.RemoveLast();
                _kept.Remove(oldest);
                _keptBytes -= SizeOf(dropped);
            }
        }
    }

    /// <summary>With what it takes to keep it.</summary>
    private static long SizeOf(byte[]? picture) => 256 + (picture?.Length ?? 0);

    /// <summary>What is asked for.</summary>
    /// <param name="Source">The file.</param>
    /// <param name="Frame">Within one reading of the file.</param>
    /// <param name="Format">Of a PNG file.</param>
    /// <param name="Width">The most columns of a JPEG file; null: a PNG file in the format.</param>
    public sealed record Wish(PlayedFile Source, FrameAddress Frame, FrameFormat Format, int? Width)
    {
        public bool IsNear(Wish other) => Source == other.Source && Format == other.Format && Width == other.Width
            && Frame.Time is { } time && other.Frame.Time is { } otherTime && (time - otherTime).Duration() < s_reach;
    }
}

/// <summary>A file as it is now.</summary>
/// <param name="Identity">Another one is another file.</param>
internal sealed record PlayedFile(VideoSource Address, string Identity)
{
    public bool Equals(PlayedFile? other) =>
        other is not null && Identity == other.Identity && Address.Redacted == other.Address.Redacted;

    public override int GetHashCode() => HashCode.Combine(Identity, Address.Redacted);
}
