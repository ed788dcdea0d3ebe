using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using Orleans.Configuration;

namespace PlayFair.Grains.Tests;

/// <summary>The network between silos: it may be cut, and then keeps back what is on its way, and it may be slow.</summary>
internal sealed class NetworkFaults
{
    private readonly ConcurrentDictionary<int, Gate> _gates = new();

    /// <summary>Puts the network between a silo and the others.</summary>
    /// <param name="port">The silo's.</param>
    public void Configure(ISiloBuilder silo, int port) => silo.Configure<SiloConnectionOptions>(options =>
        options.ConfigureSiloOutboundConnection(connection => connection.Use(next => context =>
        {
            Gate[] gates = [GateOf(port), GateOf(((IPEndPoint)context.RemoteEndPoint!).Port)];
            context.Transport = new GatedPipe(context.Transport, gates, context.ConnectionClosed);
            return next(context);
        })));

    /// <summary>Cuts a silo off from all others; nobody is told.</summary>
    public void Cut(SiloAddress silo) => GateOf(silo.Endpoint.Port).Close();

    /// <summary>What was kept back arrives, and nothing is late any more.</summary>
    public void Mend()
    {
        foreach (Gate gate in _gates.Values)
            gate.Open();
    }

    /// <summary>Has everything to and from a silo take so much longer.</summary>
    public void Delay(SiloAddress silo, TimeSpan delay) => GateOf(silo.Endpoint.Port).Delay = delay;

    private Gate GateOf(int port) => _gates.GetOrAdd(port, _ => new Gate());

    private sealed class Gate
    {
        private TaskCompletionSource? _closed;

        public TimeSpan Delay { get; set; }

        public void Close() =>
            Interlocked.CompareExchange(ref _closed, new(TaskCreationOptions.RunContinuationsAsynchronously), null);

        public void Open()
        {
            Delay = default;
            Interlocked.Exchange(ref _closed, null)?.SetResult();
        }

        public async Task PassAsync(CancellationToken cancellationToken)
        {
            if (Delay > TimeSpan.Zero)
                await Task.Delay(Delay, cancellationToken);
            if (_closed is { } closed)
                await closed.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A connection whose bytes pass the gates of both its ends, each way.</summary>
    private sealed class GatedPipe(IDuplexPipe pipe, Gate[] gates, CancellationToken closed) : IDuplexPipe
    {
        public PipeReader Input { get; } = new Reader(pipe.Input, gates, closed);

        public PipeWriter Output { get; } = new Writer(pipe.Output, gates, closed);
    }

    /// <summary>Waits at gates; who cancels what it waits for, or closes the connection, waits no longer.</summary>
#pragma warning disable CA1001 // A source without a timer holds nothing; it goes with its connection.
    private sealed class Passage(Gate[] gates, CancellationToken closed)
#pragma warning restore CA1001
    {
        private CancellationTokenSource _pending = new();

        public void Cancel() => _pending.Cancel();

        public async Task PassAsync(CancellationToken cancellationToken)
        {
            using var any = CancellationTokenSource.CreateLinkedTokenSource(closed, _pending.Token, cancellationToken);
            try
            {
                foreach (Gate gate in gates)
                    await gate.PassAsync(any.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The pipe itself says that it was cancelled, or is closed.
                if (_pending.IsCancellationRequested)
                    _pending = new CancellationTokenSource();
            }
        }
    }

    private sealed class Reader(PipeReader reader, Gate[] gates, CancellationToken closed) : PipeReader
    {
        private readonly Passage _passage = new(gates, closed);

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken);
            if (!result.IsCanceled)
                await _passage.PassAsync(cancellationToken);
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            // What is here already has to pass too.
            result = default;
            return false;
        }

        public override void AdvanceTo(SequencePosition consumed) => reader.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
            reader.AdvanceTo(consumed, examined);

        public override void CancelPendingRead()
        {
            _passage.Cancel();
            reader.CancelPendingRead();
        }

        public override void Complete(Exception? exception = null) => reader.Complete(exception);
    }

    private sealed class Writer(PipeWriter writer, Gate[] gates, CancellationToken closed) : PipeWriter
    {
        private readonly Passage _passage = new(gates, closed);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            await _passage.PassAsync(cancellationToken);
            return await writer.FlushAsync(cancellationToken);
        }

        public override void Advance(int bytes) => writer.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => writer.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => writer.GetSpan(sizeHint);

        public override void CancelPendingFlush()
        {
            _passage.Cancel();
            writer.CancelPendingFlush();
        }

        public override void Complete(Exception? exception = null) => writer.Complete(exception);
    }
}
