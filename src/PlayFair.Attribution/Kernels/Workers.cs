using System.Runtime.ExceptionServices;

namespace PlayFair.Attribution.Kernels;

/// <summary>Work that is split into numbered parts. Parts run on any thread, in any order.</summary>
internal interface IPartedWork
{
    /// <param name="part">0 to the number of parts − 1.</param>
    /// <param name="worker">Which thread: 0 to <see cref="Workers.MaxCount"/> − 1, and one part at a time on each.</param>
    void Run(int part, int worker);
}

/// <summary>
/// Threads that wait for work in a loop: a part of some microseconds is worth handing over, and nothing is allocated.
/// </summary>
/// <remarks>
/// One job runs at a time; who comes meanwhile works alone, on its own thread. Results must not depend on who ran a part.
/// </remarks>
internal static class Workers
{
    private const int OpenFlag = 1 << 16;

    /// <summary>How often a waiting thread looks for work, some 150 µs long, before it sleeps.</summary>
    private const int SpinCount = 2000;

    private static readonly Lock Gate = new();
    private static readonly SemaphoreSlim Wake = new(0);
    private static int _threadCount;

    // The job. Written by its owner while no helper is in it; helpers enter by the state only.
    private static IPartedWork _work = null!;
    private static int _partCount;
    private static int _nextPart;
    private static int _helperLimit;
    private static ExceptionDispatchInfo? _failure;

    /// <summary>Number of helpers in the job, and <see cref="OpenFlag"/> while more may enter.</summary>
    private static int _state;
    private static int _generation;

    /// <summary>Helpers that sleep, or are about to: each waits for one release.</summary>
    private static int _sleeping;

    /// <summary>The most threads that ever work on a job.</summary>
    public static int MaxCount { get; } = Math.Min(Environment.ProcessorCount, 256);

    /// <summary>Runs all parts, and returns when all are done.</summary>
    /// <param name="threadCount">At most this many threads, this one included; 0: as many as there are cores.</param>
    /// <remarks>The first exception of a part is thrown here; parts not yet begun are then left out.</remarks>
    public static void Run(IPartedWork work, int partCount, int threadCount)
    {
        int helpers = Math.Min(Math.Min(threadCount == 0 ? MaxCount : threadCount, MaxCount), partCount) - 1;
        // A part may itself have parts; those stay on its thread.
        if (helpers <= 0 || Gate.IsHeldByCurrentThread || !Gate.TryEnter())
        {
            for (int part = 0; part < partCount; part++)
                work.Run(part, 0);
            return;
        }

        try
        {
            StartThreads(helpers);
            _work = work;
            _partCount = partCount;
            _nextPart = 0;
            _helperLimit = helpers;
            _failure = null;
            Volatile.Write(ref _state, OpenFlag);
            Interlocked.Increment(ref _generation);
            if (Interlocked.Exchange(ref _sleeping, 0) is > 0 and var sleeping)
                Wake.Release(sleeping);
            RunParts(0);
            // Nobody enters any more; those inside finish the part they are at.
            Interlocked.And(ref _state, ~OpenFlag);
            var spin = default(SpinWait);
            while (Volatile.Read(ref _state) != 0)
                spin.SpinOnce(sleep1Threshold: -1);
            _work = null!;
            _failure?.Throw();
        }
        finally
        {
            Gate.Exit();
        }
    }

    private static void RunParts(int worker)
    {
        try
        {
            for (int part; (part = Interlocked.Increment(ref _nextPart) - 1) < _partCount;)
                _work.Run(part, worker);
        }
        catch (Exception failure)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(failure), null);
            Volatile.Write(ref _nextPart, _partCount);
        }
    }

    private static void StartThreads(int count)
    {
        for (; _threadCount < count; _threadCount++)
        {
            new Thread(Help) { IsBackground = true, Name = "playfair worker" }.Start();
        }
    }

    private static void Help()
    {
        int seen = 0;
        while (true)
        {
            for (int i = 0; i < SpinCount && Volatile.Read(ref _generation) == seen; i++)
                Thread.SpinWait(8);
            if (Volatile.Read(ref _generation) == seen)
                Sleep(seen);
            seen = Volatile.Read(ref _generation);
            if (!TryEnter(out int worker))
                continue;
            RunParts(worker);
            Interlocked.Decrement(ref _state);
        }
    }

    private static void Sleep(int seen)
    {
        Interlocked.Increment(ref _sleeping);
        // A job that came in between may have counted this thread already, and then releases it.
        if (Volatile.Read(ref _generation) == seen || !TryStayAwake())
            Wake.Wait();
    }

    private static bool TryStayAwake()
    {
        int sleeping = Volatile.Read(ref _sleeping);
        while (sleeping > 0)
        {
            int found = Interlocked.CompareExchange(ref _sleeping, sleeping - 1, sleeping);
            if (found == sleeping)
                return true;
            sleeping = found;
        }

        return false;
    }

    private static bool TryEnter(out int worker)
    {
        while (true)
        {
            int state = Volatile.Read(ref _state);
            worker = (state & (OpenFlag - 1)) + 1;
            if ((state & OpenFlag) == 0 || worker > _helperLimit)
                return false;
            if (Interlocked.CompareExchange(ref _state, state + 1, state) != state)
                continue;
            // Between the reads above another job may have begun, which has room for fewer.
            if (worker <= _helperLimit)
                return true;
            Interlocked.Decrement(ref _state);
            return false;
        }
    }
}
