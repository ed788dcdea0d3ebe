using PlayFair.Attribution.Kernels;

namespace PlayFair.Attribution.Tests;

public class WorkersTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Every_part_runs_once(int threadCount)
    {
        foreach (int partCount in new[] { 0, 1, 2, 3, 17, 1000 })
        {
            for (int repeat = 0; repeat < 50; repeat++)
            {
                var runs = new int[partCount];
                Workers.Run(new Work((part, _) => Interlocked.Increment(ref runs[part])), partCount, threadCount);
                Assert.All(runs, count => Assert.Equal(1, count));
            }
        }
    }

    [Fact]
    public void A_worker_runs_one_part_at_a_time_and_no_more_threads_take_part_than_asked_for()
    {
        for (int repeat = 0; repeat < 200; repeat++)
        {
            var isBusy = new int[Workers.MaxCount];
            bool overlapped = false;
            int threads = 0;
            int most = 0;
            Workers.Run(
                new Work((_, worker) =>
                {
                    overlapped |= Interlocked.Exchange(ref isBusy[worker], 1) != 0;
                    int now = Interlocked.Increment(ref threads);
                    most = Math.Max(most, now);
                    Thread.SpinWait(20);
                    Interlocked.Decrement(ref threads);
                    Volatile.Write(ref isBusy[worker], 0);
                }),
                100, threadCount: 2);
            Assert.False(overlapped);
            Assert.InRange(most, 1, 2);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void An_exception_of_a_part_comes_out_and_the_next_work_runs(int threadCount)
    {
        for (int failing = 0; failing < 40; failing++)
        {
            int ran = 0;
            var error = Assert.Throws<InvalidOperationException>(() => Workers.Run(
                new Work((part, _) =>
                {
                    Interlocked.Increment(ref ran);
                    if (part == failing)
                        throw new InvalidOperationException($"part {part}");
                }),
                40, threadCount));
            Assert.Equal($"part {failing}", error.Message);
            Assert.InRange(ran, 1, 40);

            var runs = new int[40];
            Workers.Run(new Work((part, _) => Interlocked.Increment(ref runs[part])), 40, threadCount);
            Assert.All(runs, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Every_part_may_fail()
    {
        for (int repeat = 0; repeat < 100; repeat++)
        {
            Assert.Throws<InvalidOperationException>(
                () => Workers.Run(new Work((_, _) => throw new InvalidOperationException()), 64, threadCount: 0));
        }
    }

    [Fact]
    public void A_part_may_have_parts_itself()
    {
        for (int repeat = 0; repeat < 50; repeat++)
        {
            var runs = new int[20 * 30];
            Workers.Run(
                // Inner parts stay on their outer part's thread, unless the outer work found helpers taken.
                new Work((outer, _) => Workers.Run(
                    new Work((inner, _) => Interlocked.Increment(ref runs[(outer * 30) + inner])), 30, threadCount: 0)),
                20, threadCount: 0);
            Assert.All(runs, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Many_threads_may_come_at_once_and_get_the_same_results()
    {
        const int ThreadCount = 8;
        var sums = new long[ThreadCount * 300];
        Thread[] threads =
        [
            .. Enumerable.Range(0, ThreadCount).Select(t => new Thread(() =>
            {
                for (int repeat = 0; repeat < 300; repeat++)
                {
                    var parts = new long[50];
                    var perWorker = new long[Workers.MaxCount];
                    Workers.Run(
                        new Work((part, worker) =>
                        {
                            // Unguarded: a worker's own place is nobody else's, and is seen when the work is done.
                            perWorker[worker] += part;
                            parts[part] = part * (long)part;
                        }),
                        50, threadCount: repeat % 4);
                    sums[(t * 300) + repeat] = parts.Sum() + perWorker.Sum();
                }
            })),
        ];

        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();

        long expected = Enumerable.Range(0, 50).Sum(p => (p * (long)p) + p);
        Assert.All(sums, sum => Assert.Equal(expected, sum));
    }

    [Fact]
    public void Work_after_a_pause_finds_the_sleeping_threads()
    {
        // Spinning threads fall asleep within a fraction of a millisecond; whether they did or not, all parts must run.
        for (int repeat = 0; repeat < 30; repeat++)
        {
            Thread.Yield();
            Thread.SpinWait(200_000);
            int ran = 0;
            Workers.Run(new Work((_, _) => Interlocked.Increment(ref ran)), 10, threadCount: 0);
            Assert.Equal(10, ran);
        }
    }

    private sealed class Work(Action<int, int> run) : IPartedWork
    {
        public void Run(int part, int worker) => run(part, worker);
    }
}
