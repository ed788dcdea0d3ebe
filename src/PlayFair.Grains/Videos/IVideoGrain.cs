using Orleans.Concurrency;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>One video; the key is its id. Where it is active its pipeline runs.</summary>
/// <remarks>
/// What is asked again and again has little time to be answered: a question that was on its way to a silo when that died may
/// be answered by nothing but the end of its time.
/// </remarks>
[Alias("playfair.video")]
internal interface IVideoGrain : IGrainWithStringKey
{
    /// <summary>Adds the video and starts it.</summary>
    /// <param name="definition">Complete and checked, with the source's credentials.</param>
    [Alias("add")]
    Task<VideoAnswer> AddAsync(VideoDefinition definition);

    /// <summary>As <see cref="IVideoService.ChangeAsync"/>.</summary>
    /// <param name="definition">Complete and checked, with the source's credentials.</param>
    [Alias("change")]
    Task<VideoAnswer> ChangeAsync(VideoDefinition definition);

    /// <summary>As <see cref="IVideoService.RemoveAsync"/>.</summary>
    [Alias("remove")]
    Task<VideoAnswer> RemoveAsync();

    /// <summary>The present status; and the video runs, if there is one.</summary>
    [Alias("status"), AlwaysInterleave, ResponseTimeout("00:00:05")]
    Task<VideoAnswer> StatusAsync();

    /// <summary>
    /// Has the updates published on the video's stream for a while: <see cref="VideoGrain.FollowLease"/>, from now on.
    /// </summary>
    /// <returns>Sequence number of the last update; −1 before the first, or where there is no such video.</returns>
    [Alias("follow"), AlwaysInterleave, ResponseTimeout("00:00:03")]
    Task<long> FollowAsync();

    /// <summary>A picture of a recent frame, a PNG file of what the model saw; null if it is not held any more.</summary>
    [Alias("picture"), AlwaysInterleave]
    Task<byte[]?> RecentPictureAsync(long frameIndex);

    /// <summary>Stops, with everything stored, and goes on at another silo; without effect where it is gone already.</summary>
    [Alias("move")]
    Task MoveAsync(SiloAddress from, SiloAddress target);
}

/// <summary>What comes of a question about a video, or why nothing does.</summary>
[GenerateSerializer, Immutable, Alias("playfair.video.answer")]
internal sealed record VideoAnswer([property: Id(0)] VideoStatus? Status, [property: Id(1)] Refusal? Refusal)
{
    public static VideoAnswer Of(VideoServiceException refusal) =>
        new(null, new Refusal((int)refusal.Error, refusal.Message, refusal.Field));

    /// <exception cref="VideoServiceException">It was refused.</exception>
    public VideoStatus? ToStatus() => Refusal is null
        ? Status
        : throw new VideoServiceException((VideoServiceError)Refusal.Error, Refusal.Message, Refusal.Field);
}

/// <summary>Why a request cannot be met.</summary>
/// <param name="Error">A <see cref="VideoServiceError"/>.</param>
[GenerateSerializer, Immutable, Alias("playfair.refusal")]
internal sealed record Refusal(
    [property: Id(0)] int Error, [property: Id(1)] string Message, [property: Id(2)] string? Field);
