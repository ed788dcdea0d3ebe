using System.Globalization;
using PlayFair.Grains.Bench;
using Spectre.Console;

namespace PlayFair.Cli.Bench;

/// <summary>The cluster benchmark's results in words.</summary>
internal sealed class ClusterBenchView(IAnsiConsole console)
{
    public void Show(ClusterBenchDocument document)
    {
        BenchMachine machine = document.Machine;
        Write($"{machine.Processor ?? "unknown processor"}, {machine.Cores} cores; {machine.OperatingSystem}; {machine.Runtime}");
        Write($"{document.Model}{(document.IsQuick ? "; quick: one short round, figures are rough" : "")}");

        ClusterBenchResult result = document.Result;
        Write($"");
        Write($"cost         {result.Costs[0].Videos} videos × {result.RateHz:0} updates/s, window 2; nothing is decoded, no backbone runs");
        Write($"                          reader  CPU µs/update    added  ratio  bytes/update  delay p50, p95 ms");
        foreach (ClusterCost cost in result.Costs)
        {
            ClusterCost alone = result.Costs.First(other => other.Silos == 0 && other.IsFollowed == cost.IsFollowed);
            string delay = cost.DelayP50Ms is null ? "" : string.Create(
                CultureInfo.InvariantCulture, $"{cost.DelayP50Ms:0.0}, {cost.DelayP95Ms:0.0}");
            string added = cost.AddedMicroseconds is null ? "" : string.Create(
                CultureInfo.InvariantCulture, $"{cost.AddedMicroseconds:+0;−0;0}");
            Write($"             {Name(cost.Silos),-12} {(cost.IsFollowed ? "yes" : "no"),-6}  {cost.CpuMicroseconds,13:0}  {added,7}  {cost.CpuMicroseconds / alone.CpuMicroseconds,5:0.00}  {cost.AllocatedBytes,12:0}  {delay}");
        }

        Write($"");
        Write($"streams      updates of 16 frames and 3 classes, one stream at full speed");
        foreach (StreamRate rate in result.Streams)
            Write($"             {(rate.Silos == 1 ? "within a silo" : "between two silos"),-18} {rate.Batch,3} at once  {rate.PerSecond,9:0} updates/s  {rate.PerCore,9:0} a core");

        Write($"");
        Write($"one silo     with this machine to itself, until it does not keep up");
        Write($"             videos  updates/s  of what is due  cores  memory MB");
        foreach (ClusterCost cost in result.Ramp)
            Write($"             {cost.Videos,6}  {cost.UpdatesPerSecond,9:0}  {cost.UpdatesPerSecond / (cost.Videos * result.RateHz),14:0%}  {cost.Cores,5:0.00}  {cost.Megabytes,9:0}");
        ClusterCost last = result.Ramp[^1];
        if (last.UpdatesPerSecond < 0.95 * last.Videos * result.RateHz)
        {
            string what = last.Cores > 0.9 * machine.Cores ? "the processor" : "not the processor: threads wait for the store or each other";
            Write($"             what saturates: {what}");
        }

        if (result.Database is { } database)
        {
            Write($"");
            Write($"database     one silo's writer at full speed, the same updates");
            Write($"             {database.PerSecond,9:0} updates/s  {database.CpuMicroseconds,4:0} µs of processor in the silo for each");
        }
    }

    private static string Name(int silos) => silos switch
    {
        0 => "one process",
        1 => "one silo",
        _ => string.Create(CultureInfo.InvariantCulture, $"{silos} silos"),
    };

    private void Write(FormattableString text) => console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
