using PlayFair.Attribution;

namespace PlayFair.Engine;

/// <summary>What <see cref="ClipAttributor"/> is doing.</summary>
public enum ClipStage
{
    Opening,
    Decoding,
    Attributing,
}

/// <param name="FrameCount">Sampled frames whose features are under way or done.</param>
/// <param name="DecodedShare">How much of the video has been decoded, 0 … 1; null where its length is not known.</param>
/// <param name="Forecast">How far sampling is; null before its first iteration and where values are exact.</param>
public readonly record struct ClipProgress(
    ClipStage Stage, int FrameCount, double? DecodedShare = null, EstimateForecast? Forecast = null);
