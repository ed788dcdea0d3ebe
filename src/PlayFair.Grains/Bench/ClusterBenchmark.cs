using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orleans.Streams;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Models;

namespace PlayFair.Grains.Bench;

/// <summary>
/// Measures what a cluster costs beside what it is for: sources that need no decoding, features that need no backbone, a
/// window of two frames. What is left is the service.
/// </summary>
/// <param name="database">Connection string of a PostgreSQL to measure too; null: none.</param>
public sealed class ClusterBenchmark(ModelPackage model, bool isQuick, string? database = null)
{
    private const double RateHz = 10;
    private const int VideoCount = 60;

    private readonly int _rounds = isQuick ? 1 : 3;
    private readonly TimeSpan _warmUp = TimeSpan.FromSeconds(isQuick ? 2 : 5);
    private readonly TimeSpan _duration = TimeSpan.FromSeconds(isQuick ? 2 : 10);

    public async Task<ClusterBenchResult> RunAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        (int Silos, bool IsFollowed)[] rows = [(0, false), (1, false), (3, false), (0, true), (1, true), (3, true)];
        var costs = new ClusterCost[rows.Length];
        for (int round = 1; round <= _rounds; round++)
        {
            for (int row = 0; row < rows.Length; row++)
            {
                progress?.Report($"round {round} of {_rounds}: {rows[row].Silos} silos");
                ClusterCost cost = await MeasureAsync(
                    rows[row].Silos, VideoCount, rows[row].IsFollowed, cancellationToken);
                // What else a machine does only ever adds.
                if (costs[row] is not { } best || cost.CpuMicroseconds < best.CpuMicroseconds)
                    costs[row] = cost;
            }
        }

        for (int row = 0; row < rows.Length; row++)
        {
            ClusterCost alone = costs[Array.FindIndex(rows, other => other.Silos == 0 && other.IsFollowed == rows[row].IsFollowed)];
            if (rows[row].Silos > 0)
                costs[row] = costs[row] with { AddedMicroseconds = costs[row].CpuMicroseconds - alone.CpuMicroseconds };
        }

        progress?.Report("streams");
        StreamRate[] streams =
        [
            await MeasureStreamAsync(1, 1, cancellationToken), await MeasureStreamAsync(2, 1, cancellationToken),
            await MeasureStreamAsync(2, 64, cancellationToken),
        ];
        var ramp = new List<ClusterCost>();
        for (int videos = isQuick ? 60 : 250; ; videos *= 2)
        {
            progress?.Report($"{videos} videos on one silo");
            ramp.Add(await MeasureAsync(1, videos, isFollowed: false, cancellationToken));
            if (isQuick || ramp[^1].UpdatesPerSecond < 0.95 * videos * RateHz || videos >= 8000)
                break;
        }

        StoreRate? stored = null;
        if (database is not null)
        {
            progress?.Report("the database");
            stored = await MeasureDatabaseAsync(database, cancellationToken);
        }

        return new ClusterBenchResult(RateHz, costs, streams, ramp, stored);
    }

    private async Task<ClusterCost> MeasureAsync(
        int silos, int videos, bool isFollowed, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateTempSubdirectory("playfair-bench-").FullName;
        try
        {
            VideoServiceOptions options = Options(folder);
            if (silos == 0)
            {
                await using EmbeddedVideoService service = await EmbeddedVideoService.StartAsync(options, cancellationToken);
                return await MeasureAsync(0, videos, isFollowed, service, service, cancellationToken);
            }

            await using BenchSilos cluster = await BenchSilos.StartAsync(silos, options, cancellationToken);
            return await MeasureAsync(
                silos, videos, isFollowed, cluster.Service(0), cluster.Service(silos - 1), cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<ClusterCost> MeasureAsync(
        int silos, int videos, bool isFollowed, IVideoService service, IVideoService reader,
        CancellationToken cancellationToken)
    {
        string[] ids = [.. Enumerable.Range(0, videos).Select(i => $"camera{i}")];
        foreach (string[] some in ids.Chunk(16))
        {
            await Task.WhenAll(some.Select(id => service.AddAsync(
                new VideoDefinition { Id = id, Source = $"rtsp://127.0.0.1/{id}", RateHz = RateHz, Window = 2, Classes = ["top3"] },
                cancellationToken)));
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delays = new ConcurrentQueue<double>();
        Task reading = isFollowed ? ReadAsync(reader, delays, stopping.Token) : Task.CompletedTask;
        await Task.Delay(_warmUp, cancellationToken);
        delays.Clear();
        using var meter = new UpdateMeter();
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(_duration, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        long updates = meter.Count;
        await stopping.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        double[] sorted = [.. delays.Order()];
        double microseconds = cpu.TotalMicroseconds / Math.Max(1, updates);
        return new ClusterCost(
            silos, videos, isFollowed, updates / seconds, cpu.TotalSeconds / seconds, microseconds,
            AddedMicroseconds: null, (double)bytes / Math.Max(1, updates), At(0.5), At(0.95), Environment.WorkingSet / 1e6);

        double? At(double share) =>
            sorted.Length == 0 ? null : sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }

    private static async Task ReadAsync(
        IVideoService reader, ConcurrentQueue<double> delays, CancellationToken cancellationToken)
    {
        await foreach (VideoEvent happened in reader.SubscribeAsync(new Subscription(), cancellationToken))
        {
            if (happened is UpdateEvent { Update: { } update })
                delays.Enqueue((DateTimeOffset.UtcNow - update.ComputedAt).TotalMilliseconds);
        }
    }

    private async Task<StreamRate> MeasureStreamAsync(int silos, int batch, CancellationToken cancellationToken)
    {
        const int mostInFlight = 4096;
        string folder = Directory.CreateTempSubdirectory("playfair-bench-").FullName;
        try
        {
            await using BenchSilos cluster = await BenchSilos.StartAsync(silos, Options(folder), cancellationToken);
            long received = 0;
            var arrived = new Wakeup();
            await Stream(cluster, silos - 1).SubscribeAsync(updates =>
            {
                Interlocked.Add(ref received, updates.Count);
                arrived.Signal();
                return Task.CompletedTask;
            });
            IAsyncStream<AttributionUpdate> stream = Stream(cluster, 0);
            AttributionUpdate update = Sample();
            AttributionUpdate[] many = [.. Enumerable.Repeat(update, batch)];
            // The first message makes the way.
            await stream.OnNextAsync(update);
            await arrived.WaitAsync(cancellationToken);
            long sent = 1, first = 1;
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < _duration)
            {
                await (batch == 1 ? stream.OnNextAsync(update) : stream.OnNextBatchAsync(many));
                sent += batch;
                while (sent - Interlocked.Read(ref received) > mostInFlight)
                    await arrived.WaitAsync(cancellationToken);
            }

            while (Interlocked.Read(ref received) < sent)
                await arrived.WaitAsync(cancellationToken);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            cpu = Environment.CpuUsage.TotalTime - cpu;
            return new StreamRate(
                silos, batch, (sent - first) / seconds, (sent - first) / cpu.TotalSeconds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static IAsyncStream<AttributionUpdate> Stream(BenchSilos cluster, int silo) =>
            cluster.Silos[silo].GetRequiredService<SiloRuntime>().StreamOf("stream");
    }

    /// <summary>One silo's writer at full speed, with videos of its own, which are deleted again.</summary>
    private async Task<StoreRate> MeasureDatabaseAsync(string connection, CancellationToken cancellationToken)
    {
        await using var store = PostgresVideoStore.Open(connection, new StoreOptions(), _ => { });
        string[] ids = [.. Enumerable.Range(0, VideoCount).Select(i => $"bench-{Guid.NewGuid():N}-{i}")];
        try
        {
            var claims = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (string id in ids)
            {
                store.SaveVideo(new StoredVideo(new VideoDefinition { Id = id, Source = "synthetic:1" }, Resume: null));
                claims[id] = store.Claim(id)!.Number;
            }

            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            long[] counts = await Task.WhenAll(ids.Select(id => Task.Run(() => WriteAsync(id), cancellationToken)));
            await store.FlushAsync(cancellationToken);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            cpu = Environment.CpuUsage.TotalTime - cpu;
            return new StoreRate(counts.Sum() / seconds, cpu.TotalMicroseconds / counts.Sum());

            async Task<long> WriteAsync(string id)
            {
                long sequence = 0;
                for (; Stopwatch.GetElapsedTime(start) < _duration; sequence++)
                {
                    var leaving = new FrameTrack
                    {
                        Video = id,
                        FrameIndex = sequence,
                        TimeSeconds = sequence / RateHz,
                        ArrivedAt = DateTimeOffset.UnixEpoch,
                        LastSequence = sequence,
                        WindowCount = 16,
                        Classes = [.. Enumerable.Range(0, 3).Select(i => new TrackedClass(i, $"class {i}", 0.1f, 0.1f))],
                    };
                    await store.AppendAsync(
                        new StoredUpdate(Sample() with { Video = id, Sequence = sequence }, [leaving], [], Resume: null, claims[id]),
                        cancellationToken);
                }

                return sequence;
            }
        }
        finally
        {
            Array.ForEach(ids, store.DeleteVideo);
        }
    }

    private VideoServiceOptions Options(string folder) => new()
    {
        Models = [model],
        StorePath = Path.Combine(folder, "playfair.db"),
        MaxVideos = int.MaxValue,
        OpenSource = (address, _, options) => new NullSource(address, options),
        Features = new NullFeatures(model.Backbone.FeatureSize),
    };

    /// <summary>An update of the usual size: 16 frames, three classes.</summary>
    private static AttributionUpdate Sample() => new()
    {
        Video = "stream",
        Sequence = 0,
        ArrivedAt = DateTimeOffset.UnixEpoch,
        ComputedAt = DateTimeOffset.UnixEpoch,
        Model = "moves-trn 1",
        Score = "softmax-of-mean",
        StandardError = AttributionUpdate.Exact,
        RateHz = RateHz,
        FrameIndices = [.. Enumerable.Range(0, 16).Select(i => (long)i)],
        FrameTimes = [.. Enumerable.Range(0, 16).Select(i => i / RateHz)],
        TopClass = 0,
        Classes = [.. Enumerable.Range(0, 3).Select(i => new ReportedClass(i, $"class {i}", 0.5f, 0.1f, new float[16]))],
        EvaluationCount = 1,
        DroppedFrames = 0,
        Timings = new UpdateTimings(1, 1, 1, 1),
    };
}

/// <summary>Counts what all silos of this process publish, from its making on.</summary>
internal sealed class UpdateMeter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _count;

    public UpdateMeter()
    {
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _count, value));
        _listener.EnableMeasurementEvents(LiveMetrics.Updates);
        _listener.Start();
    }

    public long Count => Interlocked.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}

/// <summary>What <see cref="ClusterBenchmark"/> found.</summary>
/// <param name="RateHz">Updates a second that each video makes.</param>
/// <param name="Costs">Without and with a subscriber of all videos, at the last silo: no cluster, one silo, three.</param>
/// <param name="Ramp">One silo, twice as many videos each time, until it does not keep up.</param>
/// <param name="Database">Null unless one was named.</param>
public sealed record ClusterBenchResult(
    double RateHz, IReadOnlyList<ClusterCost> Costs, IReadOnlyList<StreamRate> Streams, IReadOnlyList<ClusterCost> Ramp,
    StoreRate? Database);

/// <param name="Silos">0: one process without a cluster.</param>
/// <param name="IsFollowed">Whether somebody reads all updates.</param>
/// <param name="Cores">Processor seconds a second, of all silos together.</param>
/// <param name="CpuMicroseconds">For each update.</param>
/// <param name="AddedMicroseconds">Of these, what one process without a cluster does not take.</param>
/// <param name="AllocatedBytes">For each update.</param>
/// <param name="DelayP50Ms">From an update's values being ready to its reader.</param>
/// <param name="Megabytes">Memory of the process.</param>
public sealed record ClusterCost(
    int Silos, int Videos, bool IsFollowed, double UpdatesPerSecond, double Cores, double CpuMicroseconds,
    double? AddedMicroseconds, double AllocatedBytes, double? DelayP50Ms, double? DelayP95Ms, double Megabytes);

/// <summary>One stream at full speed.</summary>
/// <param name="Silos">1: publisher and subscriber share a silo; 2: they do not.</param>
/// <param name="Batch">Updates published at once.</param>
/// <param name="PerCore">Updates for each processor second, of both sides together.</param>
public sealed record StreamRate(int Silos, int Batch, double PerSecond, double PerCore);

/// <summary>Updates of 16 frames and three classes, written to PostgreSQL at full speed by one silo.</summary>
/// <param name="CpuMicroseconds">Of the silo's process for each update, the database's own not among them.</param>
public sealed record StoreRate(double PerSecond, double CpuMicroseconds);
