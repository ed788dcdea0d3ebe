using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>What turns one video's frames into features: this process's batcher, or one elsewhere.</summary>
public interface IFeatureSource
{
    /// <summary>Computes a frame's features.</summary>
    /// <param name="frame">Only read, and not after the task has ended; it stays its owner's.</param>
    /// <returns>[D], finite; the caller's.</returns>
    /// <exception cref="Inference.InferenceException">The backbone fails, or its output is no number.</exception>
    Task<float[]> ExtractAsync(VideoFrame frame, CancellationToken cancellationToken);
}
