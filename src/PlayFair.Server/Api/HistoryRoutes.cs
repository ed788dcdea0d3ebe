using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Video;

namespace PlayFair.Server;

/// <summary>The addresses under which a dashboard looks back.</summary>
internal sealed class HistoryRoutes(IVideoService service)
{
    /// <summary>A player that is paused takes nothing; browsers fetch the rest anew when it goes on.</summary>
    private static readonly MinDataRate PlayingRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromMinutes(10));

    private static readonly Dictionary<string, MomentKind> s_kinds = Enum.GetValues<MomentKind>()
        .ToDictionary(kind => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString()), StringComparer.Ordinal);

    private static readonly Parameter Points = new(
        "points", JsonSchemaType.Integer, $"The most points, 1 to {TimelineQuery.MaxPoints}; 600 by default.");

    public void Map(IEndpointRouteBuilder routes)
    {
        Get("videos/{id}/media", MediaAsync, new Operation("media", "A file video's file, to be played.")
        {
            Description = "Ranges of bytes are answered with 206. 404 for live sources, and for files in no container "
                + "of videos.",
            Query = [ApiRoutes.Token],
        }).Produces(StatusCodes.Status200OK, contentType: "video/mp4")
            .Produces(StatusCodes.Status206PartialContent, contentType: "video/mp4");

        Get("videos/{id}/timeline", TimelineAsync, new Operation("timeline", "A period of a video's history at a glance.")
        {
            Description = "Which class was on top when, and evenly spaced updates and frame tracks, however long the "
                + "history is. All bounds hold together; both ends are included.",
            Query = [ApiRoutes.FromSequence, ApiRoutes.ToSequence, ApiRoutes.From, ApiRoutes.To, Points],
        }).Produces<Timeline>();

        Get("moments", MomentsAsync, new Operation("moments", "The windows that one number of the statistics counts.")
        {
            Description = "Newest first, as far as they are still stored. A page, of a bounded number of updates: with "
                + "the answer's next as before it goes on, until isComplete.",
            Query =
            [
                new Parameter("kind", JsonSchemaType.String, $"One of: {string.Join(", ", s_kinds.Keys)}."),
                new Parameter("class", JsonSchemaType.String, "A class's name or index."),
                new Parameter("next", JsonSchemaType.String, "The class that follows, of transition."),
                new Parameter("i", JsonSchemaType.Integer, "Position in the window, from 0, of all but top and transition."),
                new Parameter("j", JsonSchemaType.Integer, "The position compared with, of greater."),
                new Parameter("window", JsonSchemaType.Integer, "Frames in the window, wherever there is an i."),
                new Parameter("scoreFrom", JsonSchemaType.Number, "Lowest score, of top."),
                new Parameter("scoreTo", JsonSchemaType.Number, "Score above all, of top. A band of the statistics is that band."),
                ApiRoutes.Video,
                new Parameter("model", JsonSchemaType.String, "A model's name and version, as updates have it."),
                new Parameter("score", JsonSchemaType.String, "The score attributed, as updates have it."),
                ApiRoutes.Time("from", "Start of the period: buckets of the statistics that begin at or after it."),
                ApiRoutes.Time("to", "End of the period: buckets that begin before it."),
                new Parameter("limit", JsonSchemaType.Integer, $"The most moments, 1 to {MomentsQuery.MaxLimit}; 20 by default."),
                new Parameter("before", JsonSchemaType.String, "The next of the answer before."),
            ],
            Problems = [404],
        }).Produces<MomentList>();
        Get("videos/{id}/clip", ClipAsync, new Operation("clip", "A file video attributed as a whole.")
        {
            Description = "Frames spread uniformly over the file or a part of it, attributed together by the video's "
                + "model and score: the document of 'playfair attribute --json' (docs/attribution-schema.md). 409 for "
                + "live sources, 429 while others are attributed.",
            Query =
            [
                new Parameter("frames", JsonSchemaType.Integer, $"How many, 1 to {ClipQuery.MaxFrames}; by default as "
                    + "many as the model was trained on."),
                new Parameter("from", JsonSchemaType.Number, "Seconds from the first frame; the first by default."),
                new Parameter("to", JsonSchemaType.Number, "Seconds from the first frame, not included; the end by default."),
            ],
            Problems = [409],
        }).Produces<AttributionDocument>();

        RouteHandlerBuilder Get(string path, Func<HttpContext, Task> handle, Operation operation) =>
            ApiRoutes.Add(routes, "GET", path, handle, operation);
    }

    private async Task MomentsAsync(HttpContext context)
    {
        QueryReader parameters = ApiRoutes.Query(context);
        string kind = parameters.Choice("kind", [.. s_kinds.Keys])
            ?? throw RequestException.Invalid("kind", "nothing", $"one of: {string.Join(", ", s_kinds.Keys)}");
        var query = new MomentsQuery
        {
            Kind = s_kinds[kind],
            Class = parameters.Text("class") ?? throw RequestException.Invalid("class", "nothing", "a class's name or index"),
            Next = parameters.Text("next"),
            I = (int?)parameters.Number("i", 0, int.MaxValue),
            J = (int?)parameters.Number("j", 0, int.MaxValue),
            Window = (int?)parameters.Number("window", 1, int.MaxValue),
            ScoreFrom = parameters.Real("scoreFrom", -1e6),
            ScoreTo = parameters.Real("scoreTo", -1e6),
            Videos = parameters.Texts("video"),
            Model = parameters.Text("model"),
            Score = parameters.Text("score"),
            From = parameters.Time("from"),
            To = parameters.Time("to"),
            Limit = (int)(parameters.Number("limit", 1, MomentsQuery.MaxLimit) ?? 20),
            Before = parameters.Text("before"),
        };
        MomentList moments = await service.MomentsAsync(query, context.RequestAborted);
        await ApiRoutes.WriteAsync(context, moments, ContractJson.Lines.MomentList);
    }

    private async Task TimelineAsync(HttpContext context)
    {
        HistoryQuery bounds = ApiRoutes.Bounds(context);
        var query = new TimelineQuery
        {
            FromSequence = bounds.FromSequence,
            ToSequence = bounds.ToSequence,
            From = bounds.From,
            To = bounds.To,
        };
        if (ApiRoutes.Query(context).Number("points", 1, TimelineQuery.MaxPoints) is { } points)
            query = query with { Points = (int)points };
        Timeline timeline = await service.TimelineAsync(ApiRoutes.Id(context), query, context.RequestAborted);
        await ApiRoutes.WriteAsync(context, timeline, ContractJson.Lines.Timeline);
    }

    private async Task ClipAsync(HttpContext context)
    {
        QueryReader parameters = ApiRoutes.Query(context);
        var query = new ClipQuery
        {
            Frames = (int?)parameters.Number("frames", 1, ClipQuery.MaxFrames),
            From = parameters.Real("from", 0, 1e9),
            To = parameters.Real("to", 0, 1e9),
        };
        AttributionDocument document =
            await service.AttributeClipAsync(ApiRoutes.Id(context), query, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-cache";
        await context.Response.WriteAsJsonAsync(
            document, AttributionDocument.JsonOptions, "application/json; charset=utf-8", context.RequestAborted);
    }

    private async Task MediaAsync(HttpContext context)
    {
        await using MediaFile media = await service.OpenMediaAsync(ApiRoutes.Id(context), context.RequestAborted);
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = PlayingRate;
        context.Response.Headers.CacheControl = "private, no-cache";
        context.Response.Headers.ContentSecurityPolicy = "sandbox";
        await Results.Stream(
            media.Content, media.ContentType, lastModified: media.ModifiedAt,
            entityTag: new EntityTagHeaderValue($"\"{media.Identity}\""), enableRangeProcessing: true)
            .ExecuteAsync(context);
    }
}
