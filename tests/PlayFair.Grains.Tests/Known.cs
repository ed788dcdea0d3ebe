using System.Net;
using PlayFair.Contracts;

namespace PlayFair.Grains.Tests;

/// <summary>Silos and videos to speak of, without any.</summary>
internal static class Known
{
    public static SiloAddress Silo(int number) => SiloAddress.New(IPAddress.Loopback, 11111 + number, 1);

    public static SiloLoad Load(int silo, double cores, double capacity = 1, bool isLeaving = false) => new(
        Silo(silo), $"silo{silo}", "1", default, null, capacity, cores, 0, 0, 0, 0, isLeaving, default);

    public static VideoStatus Status(string id, string? reason = null) => new()
    {
        Definition = new VideoDefinition { Id = id, Source = $"{id}.mp4" },
        State = VideoState.Live,
        Reason = reason,
        Since = default,
        Model = "model 1",
        Quality = new VideoQuality(0, null, 8, null),
    };

    /// <param name="reason">The status's, to tell one from another; null: no status.</param>
    public static VideoReport Video(string id, long claim, string? reason = null, long version = 0) =>
        new(id, claim, reason is null ? null : Status(id, reason), version);

    public static SiloReport Report(int silo, params VideoReport[] videos) => new(Load(silo, 0), videos);
}
