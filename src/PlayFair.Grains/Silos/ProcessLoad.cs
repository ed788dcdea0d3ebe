using System.Globalization;

namespace PlayFair.Grains;

/// <summary>Cores that this process takes, together with the programs that decode for it.</summary>
internal sealed class ProcessLoad(TimeProvider time)
{
    private const int ClockTicksPerSecond = 100;

    private long _at = time.GetTimestamp();
    private TimeSpan _own = Environment.CpuUsage.TotalTime;
    private Dictionary<int, TimeSpan> _children = Children();

    /// <summary>Mean since this was last asked.</summary>
    public double Take()
    {
        long at = time.GetTimestamp();
        TimeSpan own = Environment.CpuUsage.TotalTime;
        Dictionary<int, TimeSpan> children = Children();
        TimeSpan used = own - _own;
        foreach ((int id, TimeSpan cpu) in children)
            used += cpu - _children.GetValueOrDefault(id);
        double cores = used / time.GetElapsedTime(_at, at);
        (_at, _own, _children) = (at, own, children);
        return double.IsFinite(cores) ? Math.Max(0, cores) : 0;
    }

    /// <summary>Processor time of each child process; Linux tells, elsewhere there is none to see.</summary>
    private static Dictionary<int, TimeSpan> Children()
    {
        var children = new Dictionary<int, TimeSpan>();
        if (!OperatingSystem.IsLinux())
            return children;
        try
        {
            foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
            {
                foreach (string id in File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    int process = int.Parse(id, CultureInfo.InvariantCulture);
                    // "pid (name) state …": the name may hold anything; utime and stime are fields 14 and 15.
                    string stat = File.ReadAllText($"/proc/{process}/stat");
                    string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                    long ticks = long.Parse(fields[11], CultureInfo.InvariantCulture)
                        + long.Parse(fields[12], CultureInfo.InvariantCulture);
                    children[process] = TimeSpan.FromSeconds((double)ticks / ClockTicksPerSecond);
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // A thread or a child that ended meanwhile.
        }

        return children;
    }
}
