using System.Globalization;

namespace PlayFair.Cli.Bench;

/// <summary>What Linux says of processes.</summary>
internal static class ProcessReading
{
    /// <summary>Clock ticks a second in /proc: USER_HZ, which is 100 on every system that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Processor seconds that a process has used, in user and system mode.</summary>
    public static double CpuSeconds(int processId)
    {
        string[] fields = StatOf(processId);
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    /// <summary>The same of all children of this process that are alive.</summary>
    public static double ChildrenCpuSeconds() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id) ? id : 0)
        .Where(id => id > 0 && IsChild(id))
        .Sum(CpuOrNone);

    /// <summary>Memory in use, in megabytes of 10⁶ bytes.</summary>
    public static double ResidentMegabytes(int processId) =>
        Number(File.ReadAllText($"/proc/{processId}/statm").Split(' ')[1]) * Environment.SystemPageSize / 1e6;

    public static int Descriptors() => Directory.GetFiles("/proc/self/fd").Length;

    public static int Threads() => Directory.GetDirectories("/proc/self/task").Length;

    private static bool IsChild(int id)
    {
        try
        {
            return Number(StatOf(id)[1]) == Environment.ProcessId;
        }
        catch (IOException)
        {
            // Gone meanwhile.
            return false;
        }
    }

    private static double CpuOrNone(int id)
    {
        try
        {
            return CpuSeconds(id);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The fields after the program's name, which may hold anything: state, parent, …</summary>
    private static string[] StatOf(int id)
    {
        string text = File.ReadAllText($"/proc/{id}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
