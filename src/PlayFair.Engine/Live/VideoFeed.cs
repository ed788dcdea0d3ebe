using System.Threading.Channels;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>
/// One video's recent updates and its present status, read by any number of subscribers, each at its own place. Nothing is
/// queued for a subscriber, so a slow one costs nothing but what it is sent.
/// </summary>
internal sealed class VideoFeed(string video, int capacity, long nextSequence)
{
    private readonly UpdateEvent?[] _ring = new UpdateEvent?[capacity];
    private readonly HashSet<Wakeup> _readers = [];

    /// <summary>Those of them that want updates, too.</summary>
    private readonly HashSet<Wakeup> _updateReaders = [];
    private readonly Lock _lock = new();
    private long _firstSequence = nextSequence;
    private long _nextSequence = nextSequence;

    public string Video { get; } = video;

    /// <summary>Grows with every change that <see cref="StatusEvent"/> tells of.</summary>
    public long StatusVersion { get; private set; }

    public bool IsRemoved { get; private set; }

    /// <summary>The sequence number of the update that comes next.</summary>
    public long NextSequence
    {
        get
        {
            lock (_lock)
                return _nextSequence;
        }
    }

    /// <summary>The first sequence number whose update is here, if any is.</summary>
    public long FirstSequence
    {
        get
        {
            lock (_lock)
                return _firstSequence;
        }
    }

    /// <summary>The newest update; null before the first.</summary>
    public AttributionUpdate? Latest
    {
        get
        {
            lock (_lock)
                return _nextSequence > _firstSequence ? _ring[(_nextSequence - 1) % _ring.Length]!.Update : null;
        }
    }

    /// <summary>Publishes the next update.</summary>
    public void Publish(AttributionUpdate update)
    {
        lock (_lock)
        {
            if (update.Sequence != _nextSequence)
            {
                throw new InvalidOperationException(
                    $"Update {update.Sequence} of '{Video}' is published, expected {_nextSequence}.");
            }

            _ring[_nextSequence % _ring.Length] = new UpdateEvent(update);
            _nextSequence++;
            _firstSequence = Math.Max(_firstSequence, _nextSequence - _ring.Length);
            Wake(_updateReaders);
        }
    }

    /// <summary>
    /// Has the feed go on later: updates before a sequence number are all published, and are read from the store. Without
    /// effect where it is there already.
    /// </summary>
    public void Advance(long nextSequence)
    {
        lock (_lock)
        {
            if (nextSequence <= _nextSequence)
                return;
            _firstSequence = _nextSequence = nextSequence;
            Wake(_updateReaders);
        }
    }

    /// <summary>Takes an update that came over the network: those that are missing before it are in the store.</summary>
    /// <returns>False: it is here already.</returns>
    public bool Receive(AttributionUpdate update)
    {
        lock (_lock)
        {
            if (update.Sequence < _nextSequence)
                return false;
            Advance(update.Sequence);
            Publish(update);
            return true;
        }
    }

    /// <summary>The updates here that a query asks for, lowest sequence number first.</summary>
    public IReadOnlyList<AttributionUpdate> Find(HistoryQuery query)
    {
        var events = new List<UpdateEvent>();
        Read(FirstSequence, int.MaxValue, events);
        return
        [
            .. events.Select(e => e.Update)
                .Where(u => !(u.Sequence < query.FromSequence || u.Sequence > query.ToSequence
                    || u.ArrivedAt < query.From || u.ArrivedAt > query.To))
                .Take(query.Limit),
        ];
    }

    public void StatusChanged()
    {
        lock (_lock)
        {
            StatusVersion++;
            Wake(_readers);
        }
    }

    public void Remove()
    {
        lock (_lock)
        {
            IsRemoved = true;
            Wake(_readers);
        }
    }

    /// <summary>Has the reader woken whenever something is new here: the status and, if it wants them, updates.</summary>
    public void Join(Wakeup reader, bool wantsUpdates)
    {
        lock (_lock)
        {
            _readers.Add(reader);
            if (wantsUpdates)
                _updateReaders.Add(reader);
        }
    }

    public void Leave(Wakeup reader)
    {
        lock (_lock)
        {
            _readers.Remove(reader);
            _updateReaders.Remove(reader);
        }
    }

    /// <summary>Adds the updates from a sequence number on that are still here, up to a number of them.</summary>
    /// <returns>
    /// The first sequence number that is here: if it is above the one asked for, those before it are in the store.
    /// </returns>
    public long Read(long sequence, int maxCount, List<UpdateEvent> events)
    {
        lock (_lock)
        {
            long last = Math.Min(_nextSequence, Math.Max(sequence, _firstSequence) + maxCount);
            for (long next = sequence; sequence >= _firstSequence && next < last; next++)
                events.Add(_ring[next % _ring.Length]!);
            return _firstSequence;
        }
    }

    private static void Wake(HashSet<Wakeup> readers)
    {
        foreach (Wakeup reader in readers)
            reader.Signal();
    }
}

/// <summary>Wakes one reader; signals that come before it sleeps again count as one.</summary>
internal sealed class Wakeup
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    public void Signal() => _signal.Writer.TryWrite(true);

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _signal.Reader.ReadAsync(cancellationToken);
}
