using System.Threading.Channels;

namespace PlayFair.Engine;

/// <summary>Updates on their way to a store's one writing thread, which takes all that waits at once.</summary>
internal sealed class WriteQueue<T>(StoreOptions options) : IDisposable
    where T : class
{
    private const int MostAtOnce = 1024;

    private readonly Channel<Work> _works = Channel.CreateBounded<Work>(new BoundedChannelOptions(options.QueueCapacity)
    {
        FullMode = BoundedChannelFullMode.Wait,
        SingleReader = true,
    });

    // Events of the operating system: the lighter ones spin before they sleep, which at a hundred commits a second
    // costs more than the commits.
    private readonly AutoResetEvent _wake = new(false);
    private readonly AutoResetEvent _hurry = new(false);
    private volatile bool _isClosed;

    /// <summary>Whether nothing is added any more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Adds an update; waits while the queue is full.</summary>
    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    public ValueTask AddAsync(T update, CancellationToken cancellationToken) =>
        EnqueueAsync(new Work(update, null), cancellationToken);

    /// <summary>Completes once what was added before is written, or could not be.</summary>
    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await EnqueueAsync(new Work(null, flushed), cancellationToken);
        _hurry.Set();
        await flushed.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Has the thread look for other work.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Adds nothing any more; what waits is still taken.</summary>
    public void Dispose()
    {
        _isClosed = true;
        _works.Writer.TryComplete();
        // The events themselves are left to the runtime: whoever wakes the thread late must not fail.
        _wake.Set();
        _hurry.Set();
    }

    /// <summary>For the writing thread: waits for updates, then a little for more of them, or for other work.</summary>
    /// <param name="hasOtherWork">Not asked once the queue is closed.</param>
    /// <returns>False once the queue is closed and nothing waits.</returns>
    public bool Wait(Func<bool> hasOtherWork)
    {
        while (!_works.Reader.TryPeek(out _))
        {
            if (_isClosed && _works.Reader.Completion.IsCompleted)
                return false;
            if (!_isClosed && hasOtherWork())
                return true;

            _wake.WaitOne();
        }

        _hurry.WaitOne(options.CommitDelay);
        return true;
    }

    /// <summary>For the writing thread: takes what waits, as much as goes into one commit.</summary>
    /// <param name="flushed">To be completed once the updates are written.</param>
    public void Take(List<T> updates, List<TaskCompletionSource> flushed)
    {
        while (updates.Count < MostAtOnce && _works.Reader.TryRead(out Work work))
        {
            if (work.Update is { } update)
                updates.Add(update);
            if (work.Flushed is { } waiting)
                flushed.Add(waiting);
        }
    }

    private async ValueTask EnqueueAsync(Work work, CancellationToken cancellationToken)
    {
        if (!_works.Writer.TryWrite(work))
        {
            _hurry.Set();
            try
            {
                await _works.Writer.WriteAsync(work, cancellationToken);
            }
            catch (ChannelClosedException e)
            {
                throw new ObjectDisposedException("The store is closed.", e);
            }
        }

        _wake.Set();
    }

    /// <summary>An update to write, or somebody who waits until all before is written.</summary>
    private readonly record struct Work(T? Update, TaskCompletionSource? Flushed);
}
