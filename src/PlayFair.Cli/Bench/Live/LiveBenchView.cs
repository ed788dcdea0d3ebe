using System.Globalization;
using Spectre.Console;

namespace PlayFair.Cli.Bench;

/// <summary>The live benchmark's results in words.</summary>
internal sealed class LiveBenchView(IAnsiConsole console)
{
    public void Show(LiveBenchDocument document)
    {
        BenchMachine machine = document.Machine;
        Write($"{machine.Processor ?? "unknown processor"}, {machine.Cores} cores; {machine.OperatingSystem}; {machine.Runtime}");
        Write($"{document.Model}{(document.IsQuick ? "; quick: short runs, figures are rough" : "")}");

        OverheadResult overhead = document.Overhead;
        Write($"");
        Write($"overhead     {overhead.Videos} looped files, {overhead.UpdatesPerSecond:0.0} updates/s, window 16 exact, {overhead.Seconds:0} s");
        foreach (StageShare stage in overhead.Stages)
            Write($"             {stage.Name,-10} {stage.ShareOfCore,7:0.0%} of a core{(stage.Name == overhead.Bottleneck ? "   bottleneck" : "")}");

        LatencyResult latency = document.Latency;
        Write($"");
        Write($"latency      {latency.Cameras} synthetic cameras × {latency.RateHz:0.#} frames/s, window {latency.Window} {(latency.IsExact ? "exact" : "of lowered quality")}, {latency.Seconds:0} s");
        Write($"             p50 {latency.P50Ms:0.0} ms, p95 {latency.P95Ms:0.0} ms, p99 {latency.P99Ms:0.0} ms over {latency.Updates} updates; {latency.Dropped} frames dropped");

        SubscriberResult subscribers = document.Subscribers;
        Write($"");
        Write($"subscribers  {subscribers.Subscribers} event streams of one video, {subscribers.UpdatesPublished} updates in {subscribers.Seconds:0} s");
        Write($"             server {subscribers.ServerCores:0.0%} of a core; each got {subscribers.FewestReceived} to {subscribers.MostReceived} updates, {subscribers.Missed} missed; memory {subscribers.MegabytesBefore:0} → {subscribers.MegabytesAfter:0} MB");

        EnduranceResult endurance = document.Endurance;
        Write($"");
        Write($"endurance    {endurance.SimulatedHours:0.##} h of one camera in {endurance.Seconds:0} s: {endurance.Updates} updates, {endurance.TimesRealTime:0}× real time");
        Write($"             hours   heap MB  resident MB  descriptors  threads");
        foreach (ProcessSample sample in endurance.Samples)
            Write($"             {sample.Hours,5:0.00}  {sample.HeapMegabytes,8:0.0}  {sample.ResidentMegabytes,11:0.0}  {sample.Descriptors,11}  {sample.Threads,7}");
    }

    private void Write(FormattableString text) => console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
