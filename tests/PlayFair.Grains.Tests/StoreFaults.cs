using System.Collections.Concurrent;
using System.Reflection;
using PlayFair.Engine;

namespace PlayFair.Grains.Tests;

/// <summary>
/// Takes a store away from silos for a while: reading and saving fail, updates that are appended wait, as with a database
/// that is away.
/// </summary>
internal sealed class StoreFaults
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _away;

    /// <summary>What fails besides: methods of <see cref="IVideoStore"/>.</summary>
    public HashSet<string> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>What fails after so many calls more.</summary>
    public ConcurrentDictionary<string, int> Allowed { get; } = new(StringComparer.Ordinal);

    /// <summary>Calls that failed or had to wait.</summary>
    public int FailedCount { get; private set; }

    public void TakeAway()
    {
        lock (_lock)
            _away ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void BringBack()
    {
        lock (_lock)
        {
            _away?.SetResult();
            _away = null;
        }
    }

    /// <summary>A store with these faults.</summary>
    public IVideoStore Over(IVideoStore store)
    {
        IVideoStore over = DispatchProxy.Create<IVideoStore, Proxy>();
        ((Proxy)over).Store = store;
        ((Proxy)over).Faults = this;
        return over;
    }

    private static object? Call(IVideoStore store, MethodInfo method, object?[]? args) =>
        method.Invoke(store, BindingFlags.DoNotWrapExceptions, null, args, null);

    /// <returns>Null: go on; otherwise once it ends.</returns>
    private Task? Check(MethodInfo method)
    {
        lock (_lock)
        {
            bool isRefused = Refused.Contains(method.Name)
                || (Allowed.TryGetValue(method.Name, out int left) && (Allowed[method.Name] = left - 1) < 0);
            // The status is known without asking the database; so is how to let go of it.
            if (!isRefused && (_away is null || method.IsSpecialName || method.Name == nameof(IAsyncDisposable.DisposeAsync)))
#pragma warning disable MA0022, RCS1210 // Null says that there is nothing to wait for.
                return null;
#pragma warning restore MA0022, RCS1210
            FailedCount++;
            return !isRefused && method.ReturnType == typeof(ValueTask)
                ? _away!.Task
                : throw new StoreException("The database is away. Bring it back.");
        }
    }

#pragma warning disable CA1852 // The proxy's class is derived from it.
    private class Proxy : DispatchProxy
#pragma warning restore CA1852
    {
        public IVideoStore Store { get; set; } = null!;

        public StoreFaults Faults { get; set; } = null!;

#pragma warning disable CA2012 // Boxed as it is, for the one who awaits it.
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            Faults.Check(targetMethod!) is { } away ? AfterAsync(away, targetMethod!, args) : Call(Store, targetMethod!, args);
#pragma warning restore CA2012

        private async ValueTask AfterAsync(Task away, MethodInfo method, object?[]? args)
        {
            await away.WaitAsync((CancellationToken)args![^1]!);
            await (ValueTask)Call(Store, method, args)!;
        }
    }
}
