namespace PlayFair.Engine;

/// <summary>The statistics of one model, one video and one time bucket, as they are stored.</summary>
/// <param name="Model">Name and version.</param>
/// <param name="Video">The video's id.</param>
/// <param name="BucketStart">UTC.</param>
/// <param name="Bytes">What the bucket wrote of itself.</param>
public sealed record StatisticsBlob(string Model, string Video, DateTimeOffset BucketStart, byte[] Bytes);
