using System.Net;
using PlayFair.Client;
using PlayFair.Engine;
using PlayFair.Inference;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Cli;

/// <summary>The command's exit codes: one for each thing a script may want to tell apart. README.md lists them.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;

    public const int NotFound = 10;
    public const int IsFolder = 11;
    public const int NoPermission = 12;
    public const int Empty = 13;
    public const int NotAVideo = 14;
    public const int IndexMissing = 15;
    public const int NoVideoStream = 16;
    public const int NoDecodableFrames = 17;
    public const int TooFewFrames = 18;
    public const int TooManyFrames = 19;

    /// <summary>Attributed, but the file ends before its video does; it may be damaged besides.</summary>
    public const int Truncated = 20;

    /// <summary>Attributed, but a part of the video did not decode cleanly; nothing is missing at its end.</summary>
    public const int Corrupt = 21;

    public const int FfmpegMissing = 30;
    public const int FfmpegFailed = 31;

    public const int Model = 40;
    public const int Inference = 41;
    public const int Features = 42;
    public const int UnknownClass = 43;

    public const int Output = 50;
    public const int DiskFull = 51;

    public const int VerifyDiffers = 60;
    public const int VerifyUnreadable = 61;

    /// <summary>The server cannot listen where it is told to: the port is in use, for one.</summary>
    public const int CannotListen = 70;

    /// <summary>The store cannot be opened.</summary>
    public const int StoreRefused = 71;

    /// <summary>No PlayFair server answers at the address.</summary>
    public const int ServerUnreachable = 72;

    /// <summary>The server refuses the request, or has not what was asked for.</summary>
    public const int ServerRefused = 73;

    /// <summary>The server asks for a token, or for one that may do more.</summary>
    public const int ServerForbids = 74;

    /// <summary>This build lacks the part that the command needs.</summary>
    public const int PartMissing = 80;

    /// <summary>The silo cannot join its cluster.</summary>
    public const int CannotJoin = 81;

    /// <summary>The other silos took this one for dead: it is to be started again.</summary>
    public const int Expelled = 82;

    public const int Interrupted = 130;

    /// <summary>The code of a failure that the user can do something about; null for any other.</summary>
    public static int? Of(Exception failure) => failure switch
    {
        OperationCanceledException => Interrupted,
        VideoException video => Of(video.Kind),
        ClipException { Kind: ClipErrorKind.TooManyFrames } => TooManyFrames,
        ClipException { Kind: ClipErrorKind.WrongEstimator } => Usage,
        ClipException { Kind: ClipErrorKind.WrongFeatureSize or ClipErrorKind.TooLargeFeatures } => Features,
        ClipException { Kind: ClipErrorKind.UnknownClass } => UnknownClass,
        ModelPackageException => Model,
        InferenceException => Inference,
        SafetensorsException => Features,
        OutputException { IsDiskFull: true } => DiskFull,
        OutputException => Output,
        UsageException => Usage,
        StoreException => StoreRefused,
        ListenException => CannotListen,
        MissingPartException => PartMissing,
        JoinException => CannotJoin,
        PlayFairConnectionException => ServerUnreachable,
        // With a field it is that value which is forbidden, such as a source, whatever the token.
        PlayFairServerException
        {
            Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, Field: null,
        } => ServerForbids,
        PlayFairServerException or NothingThereException => ServerRefused,
        _ => null,
    };

    private static int Of(VideoErrorKind kind) => kind switch
    {
        VideoErrorKind.NotFound => NotFound,
        VideoErrorKind.IsFolder => IsFolder,
        VideoErrorKind.NoPermission => NoPermission,
        VideoErrorKind.Empty => Empty,
        VideoErrorKind.NotAVideo => NotAVideo,
        VideoErrorKind.IndexMissing => IndexMissing,
        VideoErrorKind.NoVideoStream => NoVideoStream,
        VideoErrorKind.NoDecodableFrames => NoDecodableFrames,
        VideoErrorKind.TooFewFrames => TooFewFrames,
        VideoErrorKind.FfmpegMissing => FfmpegMissing,
        _ => FfmpegFailed,
    };
}
