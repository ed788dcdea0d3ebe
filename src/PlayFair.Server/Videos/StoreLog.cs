using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>Writes to the log when the store fails, and when it takes updates again.</summary>
internal sealed class StoreLog(IVideoService service, TimeProvider time, ILogger<StoreLog> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        bool wasHealthy = true;
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            StoreStatus store = service.Status.Store;
            if (store.IsHealthy == wasHealthy)
                continue;
            wasHealthy = store.IsHealthy;
            if (wasHealthy)
                log.LogInformation("The store takes updates again; {Count} are lost since the start", store.UnstoredUpdateCount);
            else
                log.LogError("The store takes no updates: {Reason}", store.Problem);
        }
    }
}
