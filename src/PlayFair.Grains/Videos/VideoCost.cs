using PlayFair.Contracts;

namespace PlayFair.Grains;

/// <summary>How much of a machine a video is expected to take: what placement goes by.</summary>
/// <remarks>
/// An estimate that is the same at every silo. Where it is off for all videos alike, as on a faster machine, placement is
/// still even; a silo's <see cref="ClusterOptions.CapacityCores"/> makes up for machines that differ.
/// </remarks>
internal static class VideoCost
{
    /// <summary>Decoding one source at its own rate and scaling it: of H.264 at 720p and 25 frames a second.</summary>
    private const double Decoding = 0.06;

    /// <summary>A frame through a small backbone on a processor, and a step of the window.</summary>
    private const double PerFrame = 0.008;

    /// <summary>In cores; 0 while it rests.</summary>
    public static double Of(VideoDefinition definition) =>
        definition.Paused ? 0 : Decoding + (PerFrame * definition.RateHz);
}
