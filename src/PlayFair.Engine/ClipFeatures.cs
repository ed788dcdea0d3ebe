using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>The sampled frames of one video as the temporal head sees them.</summary>
/// <param name="Video">What the container says of the video.</param>
/// <param name="Sampling">How the frames were chosen, in words.</param>
/// <param name="Frames">The n sampled frames, in time order.</param>
/// <param name="Values">Features, [n × D] row-major.</param>
/// <param name="Decoding">What decoded and what was lost.</param>
/// <param name="DecodeTime">Time spent waiting for frames.</param>
/// <param name="FeatureTime">Time spent in the backbone.</param>
public sealed record ClipFeatures(
    VideoInfo Video,
    string Sampling,
    IReadOnlyList<AttributedFrame> Frames,
    float[] Values,
    DecodeReport Decoding,
    TimeSpan DecodeTime,
    TimeSpan FeatureTime);
