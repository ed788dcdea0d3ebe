using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Percentiles and rate of what happened in the last minute.</summary>
internal sealed class LatencyWindow(TimeProvider time)
{
    private static readonly TimeSpan s_length = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_rateLength = TimeSpan.FromSeconds(10);

    /// <summary>Bounds memory at rates no camera has: then the minute is a shorter time.</summary>
    private const int MaxCount = 8192;

    private readonly Queue<(long Timestamp, TimeSpan Latency)> _latencies = new();
    private readonly Lock _lock = new();

    public void Add(TimeSpan latency)
    {
        lock (_lock)
        {
            Forget();
            if (_latencies.Count == MaxCount)
                _latencies.Dequeue();
            _latencies.Enqueue((time.GetTimestamp(), latency));
        }
    }

    /// <summary>Null without any.</summary>
    public Latency? Percentiles()
    {
        double[] sorted;
        lock (_lock)
        {
            Forget();
            sorted = [.. _latencies.Select(entry => entry.Latency.TotalMilliseconds).Order()];
        }

        return sorted.Length == 0 ? null : new Latency(At(0.5), At(0.95), At(0.99));

        double At(double share) => Math.Round(sorted[(int)Math.Ceiling(share * sorted.Length) - 1], 2);
    }

    /// <summary>Entries a second over the last ten seconds.</summary>
    public double PerSecond()
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            int count = _latencies.Count(entry => time.GetElapsedTime(entry.Timestamp, now) <= s_rateLength);
            return count / s_rateLength.TotalSeconds;
        }
    }

    private void Forget()
    {
        long now = time.GetTimestamp();
        while (_latencies.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Timestamp, now) > s_length)
            _latencies.Dequeue();
    }
}
