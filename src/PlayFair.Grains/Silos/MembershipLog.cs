using System.Net;

namespace PlayFair.Grains;

/// <summary>Writes to the log which other silos come and go.</summary>
internal sealed class MembershipLog(
    ILocalSiloDetails here, IClusterMembershipService membership, ILogger<MembershipLog> log)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<SiloAddress, SiloStatus> _known = [];
    private Task _running = Task.CompletedTask;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(MembershipLog), ServiceLifecycleStage.Active,
        _ =>
        {
            _running = Task.Run(RunAsync, CancellationToken.None);
            return Task.CompletedTask;
        },
        async _ =>
        {
            await _stopping.CancelAsync();
            await _running;
        });

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        try
        {
            await foreach (ClusterMembershipSnapshot members in membership.MembershipUpdates.WithCancellation(_stopping.Token))
            {
                foreach (ClusterMember member in members.Members.Values.Where(one => !one.SiloAddress.Equals(here.SiloAddress)))
                    Tell(member);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private void Tell(ClusterMember member)
    {
        SiloStatus before = _known.GetValueOrDefault(member.SiloAddress), now = member.Status;
        _known[member.SiloAddress] = now;
        if (now == before)
            return;
        bool wasLeaving = before is SiloStatus.ShuttingDown or SiloStatus.Stopping;
        IPEndPoint address = member.SiloAddress.Endpoint;
        if (now == SiloStatus.Active)
            log.LogInformation("Silo {Silo} at {Address} takes part", member.Name, address);
        else if (now is SiloStatus.ShuttingDown or SiloStatus.Stopping && !wasLeaving)
            log.LogInformation("Silo {Silo} at {Address} is leaving", member.Name, address);
        else if (now == SiloStatus.Dead && wasLeaving)
            log.LogInformation("Silo {Silo} at {Address} has left", member.Name, address);
        else if (now == SiloStatus.Dead && before == SiloStatus.Active)
            log.LogWarning("Silo {Silo} at {Address} has died: its videos go on at the others", member.Name, address);
    }
}
