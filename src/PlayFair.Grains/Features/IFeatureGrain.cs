namespace PlayFair.Grains;

/// <summary>Computes frames' features by one model; the key is its name.</summary>
/// <remarks>Frames stay in the silo that decoded them: a call names one, and is answered there.</remarks>
[Alias("playfair.features")]
internal interface IFeatureGrain : IGrainWithStringKey
{
    /// <summary>Features of a frame of this silo.</summary>
    /// <param name="frame">Of <see cref="FrameTable"/>.</param>
    /// <returns>[D], finite.</returns>
    [Alias("extract")]
    Task<FrameFeatures> ExtractAsync(long frame);
}

/// <summary>A frame's features, [D]; the receiver's.</summary>
[GenerateSerializer, Immutable, Alias("playfair.features.frame")]
internal sealed record FrameFeatures([property: Id(0)] float[] Values);
