using System.Globalization;
using System.Net.Mime;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>The addresses under /api/v1.</summary>
internal sealed class ApiRoutes(IVideoService service, ServerConfiguration configuration, ConfiguredVideos configured)
{
    public const string Prefix = "/api/v1";

    private const int DefaultLimit = 100;

    private static readonly Parameter Limit = new(
        "limit", JsonSchemaType.Integer, $"The most entries, 1 to {HistoryQuery.MaxLimit}; {DefaultLimit} by default.");

    internal static readonly Parameter From = Time("from", "The earliest time at which the newest frame arrived.");
    internal static readonly Parameter To = Time("to", "The latest such time.");

    internal static readonly Parameter FromSequence = new(
        "fromSequence", JsonSchemaType.Integer, "The lowest sequence number.");

    internal static readonly Parameter ToSequence = new(
        "toSequence", JsonSchemaType.Integer, "The highest sequence number.");

    private static readonly Parameter FromFrame = new(
        "fromFrame", JsonSchemaType.Integer, "The lowest frame index.");

    internal static readonly Parameter Token = new(
        "access_token", JsonSchemaType.String, "A token, where a browser cannot send the Authorization header.");

    internal static readonly Parameter Video = new(
        "video", JsonSchemaType.String, "A video's id; all videos by default.", IsRepeatable: true);

    private static readonly Parameter[] StatisticsParameters =
    [
        new("model", JsonSchemaType.String, "A model's name and version, as updates have it."),
        new("class", JsonSchemaType.String, "A class's name or index.", IsRepeatable: true),
        Time("from", "Start of the period: buckets that begin at or after it count."),
        Time("to", "End of the period: buckets that begin before it count."),
        Time("referenceFrom", "Start of the period to compare scores with."),
        Time("referenceTo", "End of that period."),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        Get("videos", ListAsync, new Operation("listVideos", "All videos and how they are doing, ordered by id.")
        {
            Description = "A page; where more follow, the Link header has the next one's address.",
            Query = [Limit, new Parameter("after", JsonSchemaType.String, "Videos whose id comes after this one.")],
        }).Produces<IReadOnlyList<VideoStatus>>();
        Change("POST", "videos", AddAsync, new Operation("addVideo", "Adds a video and starts it.")
        {
            Description = "The source must be one that the server may open. The Location header has its address.",
            Problems = [409, 413, 415, 429],
        }).Accepts<VideoDefinition>(MediaTypeNames.Application.Json)
            .Produces<VideoStatus>(StatusCodes.Status201Created);
        Change("POST", "probe", ProbeAsync, new Operation("probe", "Looks at a source before it becomes a video.")
        {
            Description = "Size, rate, length, codec and a picture. Takes at most 10 s; what cannot be opened is "
                + "refused with the reason. Two at once; 429 beyond.",
            Problems = [413, 415],
        }).Accepts<ProbeRequest>(MediaTypeNames.Application.Json).Produces<SourceProbe>();
        Change("POST", "plan", PlanAsync, new Operation("plan", "What a video would cost, before it is added.")
        {
            Description = "A definition, of which the id and the source may be missing. What cannot be added is "
                + "refused.",
            Problems = [413, 415],
        }).Accepts<VideoDefinition>(MediaTypeNames.Application.Json).Produces<VideoPlan>();
        Get("videos/{id}", GetAsync, new Operation("getVideo", "A video and how it is doing."))
            .Produces<VideoStatus>();
        Change("PUT", "videos/{id}", ChangeAsync, new Operation("changeVideo", "Describes a video anew.")
        {
            Description = "The whole definition. Its sequence goes on; a new title alone does not interrupt it.",
            Problems = [413, 415],
        }).Accepts<VideoDefinition>(MediaTypeNames.Application.Json).Produces<VideoStatus>();
        Change("DELETE", "videos/{id}", RemoveAsync, new Operation(
            "removeVideo", "Stops a video and deletes it with its history.")).Produces(StatusCodes.Status204NoContent);
        Get("videos/{id}/latest", LatestAsync, new Operation("latestUpdate", "A video's newest update.")
        {
            Description = "404 before the first.",
        }).Produces<AttributionUpdate>();
        Get("videos/{id}/history", HistoryAsync, new Operation("history", "A video's updates, oldest first.")
        {
            Description = "All bounds hold together; both ends are included. A page; where more follow, the Link "
                + "header has the next one's address.",
            Query = [FromSequence, ToSequence, From, To, Limit],
        }).Produces<IReadOnlyList<AttributionUpdate>>();
        Get("videos/{id}/frames", FramesAsync, new Operation("frameTracks", "What frames came to in the end.")
        {
            Description = "Oldest first. Sequence numbers are those of the last update that held the frame. Paged as "
                + "the history is.",
            Query = [FromSequence, ToSequence, FromFrame, From, To, Limit],
        }).Produces<IReadOnlyList<FrameTrack>>();
        Get("videos/{id}/frames/{index}/thumbnail", ThumbnailAsync, new Operation(
            "thumbnail", "A picture of a frame as the model saw it.")
        {
            Description = "Of any frame of a file video; of a live one, of recent and kept frames, and 404 for others.",
            Query =
            [
                new Parameter("width", JsonSchemaType.Integer, "Of a file video: the whole picture as JPEG, of at most "
                    + "so many columns, 1 to 640. A live one has only what the model saw."),
                Token,
            ],
        }).Produces(StatusCodes.Status200OK, contentType: MediaTypeNames.Image.Png)
            .Produces(StatusCodes.Status200OK, contentType: MediaTypeNames.Image.Jpeg);
        Get("videos/{id}/export", ExportAsync, new Operation("export", "A video's updates as a file, oldest first.")
        {
            Description = "csv: a line for each update, class and frame (docs/store.md); jsonl: an update a line.",
            Query =
            [
                new Parameter("format", JsonSchemaType.String, "csv (default) or jsonl."),
                FromSequence, ToSequence, From, To,
            ],
        }).Produces(StatusCodes.Status200OK, contentType: MediaTypeNames.Text.Csv)
            .Produces(StatusCodes.Status200OK, contentType: "application/jsonl");
        Get("videos/{id}/statistics", VideoStatisticsAsync, new Operation("videoStatistics", "Statistics of one video.")
        {
            Query = StatisticsParameters,
        }).Produces<StatisticsReport>();
        Get("statistics", StatisticsAsync, new Operation("statistics", "Statistics over videos, classes and time.")
        {
            Query = [Video, .. StatisticsParameters],
            Problems = [404],
        }).Produces<StatisticsReport>();
        Get("models", ModelsAsync, new Operation("models", "The model packages that videos may name."))
            .Produces<IReadOnlyList<ModelInfo>>();
        Get("status", StatusAsync, new Operation("status", "The service as a whole.")).Produces<ServiceStatus>();
        Get("cluster", ClusterAsync, new Operation("cluster", "The cluster: its silos, and what runs where.")
        {
            Description = "404 where one process runs the videos.",
            Problems = [404],
        }).Produces<ClusterStatus>();
        Get("session", SessionAsync, new Operation("session", "Who the caller is, and what it may do.")
        {
            Description = "Without tokens on the server: role manage, not protected.",
        }).Produces<Session>();
        Get("events", EventsAsync, new Operation("events", "What happens, as server-sent events.")
        {
            Description =
                "Events: update (data: the update), status (data: the video's status), removed and gap (updates that "
                + "can no longer be had). An update's id is its sequence number where one video is asked for by name; "
                + "else the last sequence number of every video so far, as 'a:17,b:9'. A client that sends the last id "
                + "it has as Last-Event-ID gets every update after it, once, in order.",
            Query =
            [
                Video,
                new Parameter("after", JsonSchemaType.String, "For a first connection: an id to start after; "
                    + "-1 (or a:-1): from the first stored update on."),
                new Parameter("rate", JsonSchemaType.Number, "The most updates a second of each video, "
                    + "0.1 to 120: always the newest; those between are "
                    + "left out without a gap event. All by default."),
                new Parameter("lastEventId", JsonSchemaType.String, "Last-Event-ID, where no header can be sent."),
                Token,
            ],
            Problems = [404, 503],
        }).Produces(StatusCodes.Status200OK, contentType: "text/event-stream");
        Change("POST", "reload", ReloadAsync, new Operation("reload", "Reads the configured videos again.")
        {
            Description = "Adds, changes and removes those of the configuration file. If it is wrong, nothing changes.",
            Problems = [415],
        }).Produces<ReloadReport>();

        RouteHandlerBuilder Get(string path, Func<HttpContext, Task> handle, Operation operation) =>
            Add("GET", path, handle, operation);

        RouteHandlerBuilder Change(string method, string path, Func<HttpContext, Task> handle, Operation operation) =>
            Add(method, path, handle, operation);

        RouteHandlerBuilder Add(string method, string path, Func<HttpContext, Task> handle, Operation operation) =>
            ApiRoutes.Add(routes, method, path, handle, operation);
    }

    /// <summary>Adds an address under <see cref="Prefix"/>, with what the document says of it.</summary>
    internal static RouteHandlerBuilder Add(
        IEndpointRouteBuilder routes, string method, string path, Func<HttpContext, Task> handle, Operation operation) =>
        // As a Delegate: the document has nothing of a RequestDelegate.
        routes.MapMethods($"{Prefix}/{path}", [method], (Delegate)((HttpContext context) =>
        {
            operation.CheckQuery(context.Request.Query);
            return handle(context);
        })).WithName(operation.Name).WithMetadata(operation).WithTags(path.Split('/')[0]);

    internal static Parameter Time(string name, string description) => new(
        name, JsonSchemaType.String, $"{description} ISO 8601, UTC unless it says otherwise.", Format: "date-time");

    internal static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    internal static QueryReader Query(HttpContext context) => new(context.Request.Query);

    private async Task ListAsync(HttpContext context)
    {
        QueryReader query = Query(context);
        int limit = LimitOf(query);
        string? after = query.Text("after");
        IReadOnlyList<VideoStatus> all = await service.ListAsync(context.RequestAborted);
        List<VideoStatus> page =
        [
            .. all.Where(status => after is null || string.CompareOrdinal(status.Definition.Id, after) > 0)
                .Take(limit + 1),
        ];
        if (page.Count > limit)
        {
            page.RemoveAt(limit);
            LinkNext(context, ("after", page[^1].Definition.Id), ("limit", $"{limit}"));
        }

        await WriteAsync(context, page, ContractJson.Lines.IReadOnlyListVideoStatus);
    }

    private async Task AddAsync(HttpContext context)
    {
        VideoDefinition definition = await ReadAsync(context, StrictJson.Definition);
        VideoStatus status = await service.AddAsync(definition, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{Prefix}/videos/{status.Definition.Id}";
        await WriteAsync(context, status, ContractJson.Lines.VideoStatus);
    }

    private async Task ProbeAsync(HttpContext context)
    {
        ProbeRequest request = await ReadAsync(context, StrictJson.Probe);
        await WriteAsync(
            context, await service.ProbeAsync(request, context.RequestAborted), ContractJson.Lines.SourceProbe);
    }

    private async Task PlanAsync(HttpContext context)
    {
        VideoDefinition draft = await ReadAsync(context, StrictJson.Draft);
        draft = draft with { Id = draft.Id ?? "", Source = draft.Source ?? "" };
        await WriteAsync(
            context, await service.PlanAsync(draft, context.RequestAborted), ContractJson.Lines.VideoPlan);
    }

    private async Task GetAsync(HttpContext context) => await WriteAsync(
        context, await service.GetAsync(Id(context), context.RequestAborted), ContractJson.Lines.VideoStatus);

    private async Task ChangeAsync(HttpContext context)
    {
        VideoDefinition definition = await ReadAsync(context, StrictJson.Definition);
        if (definition.Id != Id(context))
            throw RequestException.Invalid("id", $"'{definition.Id}'", $"'{Id(context)}', as in the address");
        await WriteAsync(
            context, await service.ChangeAsync(definition, context.RequestAborted), ContractJson.Lines.VideoStatus);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        await service.RemoveAsync(Id(context), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task LatestAsync(HttpContext context)
    {
        AttributionUpdate update = await service.LatestAsync(Id(context), context.RequestAborted)
            ?? throw new RequestException(
                StatusCodes.Status404NotFound, $"Video '{Id(context)}' has no update yet; its state says why.");
        await WriteAsync(context, update, ContractJson.Lines.AttributionUpdate);
    }

    private async Task HistoryAsync(HttpContext context)
    {
        HistoryQuery query = Bounds(context) with { Limit = LimitOf(Query(context)) };
        IReadOnlyList<AttributionUpdate> page = await service.HistoryAsync(Id(context), query, context.RequestAborted);
        if (page.Count == query.Limit && page[^1].Sequence < (query.ToSequence ?? long.MaxValue))
            LinkNextPage(context, query, ("fromSequence", $"{page[^1].Sequence + 1}"));
        await WriteAsync(context, page, ContractJson.Lines.IReadOnlyListAttributionUpdate);
    }

    private async Task FramesAsync(HttpContext context)
    {
        HistoryQuery query = Bounds(context) with
        {
            FromFrame = Query(context).Number("fromFrame"),
            Limit = LimitOf(Query(context)),
        };
        IReadOnlyList<FrameTrack> page = await service.FrameTracksAsync(Id(context), query, context.RequestAborted);
        if (page.Count == query.Limit)
        {
            // One update may be the last of many frames: only the frame's index tells where a page ends.
            LinkNextPage(
                context, query, ("fromSequence", $"{page[^1].LastSequence}"),
                ("fromFrame", $"{page[^1].FrameIndex + 1}"));
        }

        await WriteAsync(context, page, ContractJson.Lines.IReadOnlyListFrameTrack);
    }

    private async Task ThumbnailAsync(HttpContext context)
    {
        string text = (string)context.Request.RouteValues["index"]!;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long index))
            throw RequestException.Invalid("index", $"'{text}'", "a frame's index, a whole number from 0");
        int? width = (int?)Query(context).Number("width", 1, 640);
        byte[] picture = await service.ThumbnailAsync(Id(context), index, width, context.RequestAborted)
            ?? throw new RequestException(
                StatusCodes.Status404NotFound,
                $"There is no picture of frame {index} of video '{Id(context)}': it is not a recent or kept one of a "
                + "live video, or not in the file.");
        bool isJpeg = picture is [0xFF, 0xD8, ..];
        await WriteBytesAsync(
            context, picture, isJpeg ? MediaTypeNames.Image.Jpeg : MediaTypeNames.Image.Png, "private, max-age=3600");
    }

    private async Task ExportAsync(HttpContext context)
    {
        bool isCsv = Query(context).Choice("format", "csv", "jsonl") is null or "csv";
        HistoryQuery query = Bounds(context) with { Limit = HistoryQuery.MaxLimit };
        string id = (await service.GetAsync(Id(context), context.RequestAborted)).Definition.Id;
        // The first page before the answer begins: until then a failure can be told.
        IReadOnlyList<AttributionUpdate> page = await service.HistoryAsync(id, query, context.RequestAborted);
        context.Response.ContentType = isCsv ? "text/csv; charset=utf-8" : "application/jsonl";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{id}.{(isCsv ? "csv" : "jsonl")}\"";
        IAsyncEnumerable<AttributionUpdate> updates = ReadOnAsync(page, context.RequestAborted);
        await (isCsv
            ? UpdateExport.WriteCsvAsync(context.Response.Body, updates, context.RequestAborted)
            : UpdateExport.WriteJsonLinesAsync(context.Response.Body, updates, context.RequestAborted));

        async IAsyncEnumerable<AttributionUpdate> ReadOnAsync(
            IReadOnlyList<AttributionUpdate> page, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            while (true)
            {
                foreach (AttributionUpdate update in page)
                    yield return update;
                if (page.Count < query.Limit)
                    yield break;
                page = await service.HistoryAsync(
                    id, query with { FromSequence = page[^1].Sequence + 1 }, cancellationToken);
            }
        }
    }

    private Task VideoStatisticsAsync(HttpContext context) => WriteStatisticsAsync(context, [Id(context)]);

    private Task StatisticsAsync(HttpContext context) => WriteStatisticsAsync(context, Query(context).Texts("video"));

    private async Task WriteStatisticsAsync(HttpContext context, IReadOnlyList<string>? videos)
    {
        foreach (string id in videos ?? [])
            await service.GetAsync(id, context.RequestAborted);
        QueryReader parameters = Query(context);
        var query = new StatisticsQuery
        {
            Videos = videos,
            Model = parameters.Text("model"),
            Classes = parameters.Texts("class"),
            From = parameters.Time("from"),
            To = parameters.Time("to"),
            ReferenceFrom = parameters.Time("referenceFrom"),
            ReferenceTo = parameters.Time("referenceTo"),
        };
        CheckOrder(query.From, query.To, "to");
        CheckOrder(query.ReferenceFrom, query.ReferenceTo, "referenceTo");
        StatisticsReport report = await service.StatisticsAsync(query, context.RequestAborted);
        await WriteAsync(context, report, ContractJson.Lines.StatisticsReport);
    }

    private Task ModelsAsync(HttpContext context) =>
        WriteAsync(context, service.Models, ContractJson.Lines.IReadOnlyListModelInfo);

    private Task StatusAsync(HttpContext context) =>
        WriteAsync(context, service.Status, ContractJson.Lines.ServiceStatus);

    private async Task ClusterAsync(HttpContext context)
    {
        ClusterStatus cluster = await service.ClusterAsync(context.RequestAborted)
            ?? throw new RequestException(
                StatusCodes.Status404NotFound,
                "There is no cluster: one process runs the videos ('playfair serve'). 'playfair silo' makes clusters.");
        await WriteAsync(context, cluster, ContractJson.Lines.ClusterStatus);
    }

    private Task SessionAsync(HttpContext context)
    {
        AccessToken? token = AccessMiddleware.TokenOf(context);
        var session = new Session(
            token?.Name, token?.Role ?? Role.Manage, configuration.Tokens.Count > 0, service.Status.Version);
        return WriteAsync(context, session, ContractJson.Lines.Session);
    }

    private async Task EventsAsync(HttpContext context)
    {
        QueryReader query = Query(context);
        IReadOnlyList<string>? videos = query.Texts("video") is { } named ? [.. named.Distinct()] : null;
        double? rate = query.Real("rate", Subscription.MinRate, Subscription.MaxRate);
        string header = context.Request.Headers["Last-Event-ID"].ToString();
        EventCursor cursor = header.Length > 0
            ? EventCursor.Parse(header, "Last-Event-ID", videos)
            : query.Text("lastEventId") is { } last
                ? EventCursor.Parse(last, "lastEventId", videos)
                : EventCursor.Parse(query.Text("after"), "after", videos);
        foreach (string id in videos ?? [])
            await service.GetAsync(id, context.RequestAborted);
        cursor.Keep((await service.ListAsync(context.RequestAborted)).Select(status => status.Definition.Id));
        using var stream = new EventStream(context, cursor, configuration.Time);
        await stream.RunAsync(
            service, new Subscription(videos, cursor.After, MaxRateHz: rate),
            context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
    }

    private async Task ReloadAsync(HttpContext context)
    {
        ReloadReport report;
        try
        {
            report = await configured.ReloadAsync(context.RequestAborted);
        }
        catch (ConfigurationException wrong)
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, "The configuration is wrong; the videos are as they were.", "videos")
            {
                Errors = [.. wrong.Problems.Select(problem => problem.ToString())],
            };
        }

        await WriteAsync(context, report, ServerJson.Lines.ReloadReport);
    }

    private static int LimitOf(QueryReader query) =>
        (int)(query.Number("limit", 1, HistoryQuery.MaxLimit) ?? DefaultLimit);

    internal static HistoryQuery Bounds(HttpContext context)
    {
        QueryReader query = Query(context);
        var bounds = new HistoryQuery
        {
            FromSequence = query.Number("fromSequence"),
            ToSequence = query.Number("toSequence"),
            From = query.Time("from"),
            To = query.Time("to"),
        };
        CheckOrder(bounds.FromSequence, bounds.ToSequence, "toSequence");
        CheckOrder(bounds.From, bounds.To, "to");
        return bounds;
    }

    internal static void CheckOrder<T>(T? from, T? to, string field)
        where T : struct, IComparable<T>
    {
        if (from is { } start && to is { } end && start.CompareTo(end) > 0)
        {
            throw RequestException.Invalid(field, Text(end), $"nothing before the start, {Text(start)}");
        }

        static string Text(T bound) => bound is DateTimeOffset time ? $"{time:O}" : $"{bound}";
    }

    private static async Task<T> ReadAsync<T>(HttpContext context, StrictJson<T> type)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return type.Read(body.GetBuffer().AsSpan(0, (int)body.Length));
    }

    private static void LinkNextPage(
        HttpContext context, HistoryQuery query, params (string Name, string Value)[] start)
    {
        var parameters = new List<(string, string)>(start) { ("limit", $"{query.Limit}") };
        if (query.ToSequence is { } sequence)
            parameters.Add(("toSequence", $"{sequence}"));
        if (query.From is { } from)
            parameters.Add(("from", $"{from:O}"));
        if (query.To is { } to)
            parameters.Add(("to", $"{to:O}"));
        LinkNext(context, [.. parameters]);
    }

    private static void LinkNext(HttpContext context, params (string Name, string Value)[] parameters)
    {
        string query = string.Join('&', parameters.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
        context.Response.Headers.Link = $"<{context.Request.Path.ToUriComponent()}?{query}>; rel=\"next\"";
    }

    internal static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) => WriteBytesAsync(
        context, JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json; charset=utf-8", "no-cache");

    /// <summary>Answers with bytes, or with 304 where the client has them.</summary>
    private static async Task WriteBytesAsync(HttpContext context, byte[] bytes, string contentType, string caching)
    {
        HttpResponse response = context.Response;
        response.Headers.CacheControl = caching;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12))}\"";
            response.Headers.ETag = tag;
            if (context.Request.Headers.IfNoneMatch is var known
                && known.Any(value => value == "*" || value!.Split(',', StringSplitOptions.TrimEntries).Contains(tag)))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }

        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        await response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
    }
}
