using System.Diagnostics;

namespace PlayFair.Server;

/// <summary>What the process takes of its machine, named as Prometheus' own libraries name it.</summary>
internal static class ProcessReading
{
    private const string Descriptors = "/proc/self/fd";

    public static void WriteTo(PrometheusText text)
    {
        using var process = Process.GetCurrentProcess();
        Write(
            "process_cpu_seconds_total", "counter", "CPU time used, in seconds.",
            process.TotalProcessorTime.TotalSeconds);
        Write("process_resident_memory_bytes", "gauge", "Memory in use, in bytes.", process.WorkingSet64);
        Write("process_threads", "gauge", "Threads of the process.", process.Threads.Count);
        if (Directory.Exists(Descriptors))
        {
            Write(
                "process_open_fds", "gauge", "File descriptors open.",
                Directory.EnumerateFileSystemEntries(Descriptors).Count());
        }

        Write(
            "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.",
            new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        Write(
            "dotnet_gc_heap_bytes", "gauge", "Managed memory in use, in bytes.",
            GC.GetTotalMemory(forceFullCollection: false));

        void Write(string name, string type, string help, double value)
        {
            text.Begin(name, type, help);
            text.Sample(name, "", value);
        }
    }
}
