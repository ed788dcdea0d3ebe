using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PlayFair.Contracts;

namespace PlayFair.Client;

/// <summary>Talks to a PlayFair server over HTTP. Safe for any number of callers at once.</summary>
/// <remarks>
/// Every method throws <see cref="PlayFairServerException"/> where the server refuses,
/// <see cref="PlayFairConnectionException"/> where it cannot be reached, and <see cref="OperationCanceledException"/>
/// where the caller cancels.
/// </remarks>
public sealed class PlayFairClient : IDisposable
{
    private const string ProblemMediaType = "application/problem+json";

    /// <summary>An error's body is read to here at most.</summary>
    private const int MaxProblemBytes = 64 * 1024;

    private static readonly ContractJson Json = ContractJson.Lines;

    private readonly HttpClient _http;
    private readonly PlayFairClientOptions _options;

    /// <exception cref="ArgumentException">The address or the token makes no sense.</exception>
    public PlayFairClient(PlayFairClientOptions? options = null)
    {
        _options = options ?? new();
        Address = _options.ReadAddress();
        string? token = _options.ReadToken();
        // A handler's owner is the client that is told to dispose of it.
#pragma warning disable CA2000
        var handler = new SocketsHttpHandler
        {
            // Following one would bring the token to an address that nobody named.
            AllowAutoRedirect = false,
            // A proxy cannot know this machine's own addresses.
            UseProxy = !Address.IsLoopback,
            UseCookies = false,
            ConnectTimeout = _options.AnswerTimeout,
            // Names may come to mean other addresses.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
#pragma warning restore CA2000
        // Streams have no end: answers are timed one by one.
        _http = new HttpClient(handler) { BaseAddress = Address, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.UserAgent.Add(
            new("playfair-client", typeof(PlayFairClient).Assembly.GetName().Version?.ToString(3)));
    }

    /// <summary>The server's address.</summary>
    public Uri Address { get; }

    /// <summary>All videos, ordered by id.</summary>
    public async Task<IReadOnlyList<VideoStatus>> ListVideosAsync(CancellationToken cancellationToken = default)
    {
        var all = new List<VideoStatus>();
        await foreach (VideoStatus video in PagesAsync(
            QueryBuilder.Path("videos"), Json.IReadOnlyListVideoStatus, cancellationToken))
        {
            all.Add(video);
        }

        return all;
    }

    /// <summary>One video.</summary>
    public Task<VideoStatus> GetVideoAsync(string id, CancellationToken cancellationToken = default) =>
        GetAsync(QueryBuilder.Path("videos", id), Json.VideoStatus, cancellationToken);

    /// <summary>Has the server look at a source: what it is and what it shows. Takes up to 10 s.</summary>
    public Task<SourceProbe> ProbeAsync(ProbeRequest request, CancellationToken cancellationToken = default) =>
        PostAsync("probe", request, Json.ProbeRequest, Json.SourceProbe, cancellationToken);

    /// <summary>
    /// What a definition would cost, and its defaults; an id or a source that is empty is not looked at.
    /// </summary>
    public Task<VideoPlan> PlanAsync(VideoDefinition draft, CancellationToken cancellationToken = default) =>
        PostAsync("plan", draft, Json.VideoDefinition, Json.VideoPlan, cancellationToken);

    /// <summary>Adds a video and starts it; its id must be new.</summary>
    public Task<VideoStatus> AddVideoAsync(VideoDefinition definition, CancellationToken cancellationToken = default) =>
        SendDefinitionAsync(HttpMethod.Post, QueryBuilder.Path("videos"), definition, cancellationToken);

    /// <summary>
    /// Describes a video anew; unless only its title changes it starts again, and its sequence goes on.
    /// </summary>
    public Task<VideoStatus> ChangeVideoAsync(
        VideoDefinition definition, CancellationToken cancellationToken = default) =>
        SendDefinitionAsync(HttpMethod.Put, QueryBuilder.Path("videos", definition.Id), definition, cancellationToken);

    /// <summary>Stops a video and deletes it with its history.</summary>
    public async Task RemoveVideoAsync(string id, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, QueryBuilder.Path("videos", id))
        {
            // Browsers cannot make other pages send this, so the server asks for it wherever something changes.
            Content = new ByteArrayContent([]) { Headers = { ContentType = new("application/json") } },
        };
        using HttpResponseMessage _ = await SendAsync(request, cancellationToken);
    }

    /// <summary>The newest update; null before the first.</summary>
    public async Task<AttributionUpdate?> LatestAsync(string id, CancellationToken cancellationToken = default)
    {
        string path = QueryBuilder.Path("videos", id, "latest");
        using HttpResponseMessage? answer = await FindAsync(id, path, cancellationToken);
        return answer is null ? null : await ReadAsync(answer, Json.AttributionUpdate, cancellationToken);
    }

    /// <summary>Stored updates, oldest first, fetched page by page as they are read.</summary>
    public IAsyncEnumerable<AttributionUpdate> HistoryAsync(
        string id, UpdateRange? range = null, CancellationToken cancellationToken = default) =>
        RangeAsync(id, "history", range, Json.IReadOnlyListAttributionUpdate, cancellationToken);

    /// <summary>
    /// Stored frame tracks, oldest first, fetched page by page as they are read; sequence numbers in the range are
    /// those of the last update.
    /// </summary>
    public IAsyncEnumerable<FrameTrack> FrameTracksAsync(
        string id, UpdateRange? range = null, CancellationToken cancellationToken = default) =>
        RangeAsync(id, "frames", range, Json.IReadOnlyListFrameTrack, cancellationToken);

    /// <summary>A period of a video's history at a glance.</summary>
    /// <param name="points">The most points, 1 to 2000.</param>
    public Task<Timeline> TimelineAsync(
        string id, UpdateRange? range = null, int points = 600, CancellationToken cancellationToken = default)
    {
        QueryBuilder query = new QueryBuilder(QueryBuilder.Path("videos", id, "timeline"))
            .Add("points", FormattableString.Invariant($"{points}"));
        return GetAsync((range ?? new()).AddTo(query).ToString(), Json.Timeline, cancellationToken);
    }

    /// <summary>Statistics over videos, classes and time.</summary>
    public Task<StatisticsReport> StatisticsAsync(StatisticsQuery query, CancellationToken cancellationToken = default)
    {
        string path = new QueryBuilder(QueryBuilder.Path("statistics"))
            .Add("video", query.Videos)
            .Add("model", query.Model)
            .Add("class", query.Classes)
            .Add("from", query.From)
            .Add("to", query.To)
            .Add("referenceFrom", query.ReferenceFrom)
            .Add("referenceTo", query.ReferenceTo)
            .ToString();
        return GetAsync(path, Json.StatisticsReport, cancellationToken);
    }

    /// <summary>The windows that one number of the statistics counts, newest first; a page.</summary>
    public Task<MomentList> MomentsAsync(MomentsQuery query, CancellationToken cancellationToken = default)
    {
        string path = new QueryBuilder(QueryBuilder.Path("moments"))
            .Add("kind", JsonNamingPolicy.KebabCaseLower.ConvertName(query.Kind.ToString()))
            .Add("class", query.Class)
            .Add("next", query.Next)
            .Add("i", Text(query.I))
            .Add("j", Text(query.J))
            .Add("window", Text(query.Window))
            .Add("scoreFrom", Text(query.ScoreFrom))
            .Add("scoreTo", Text(query.ScoreTo))
            .Add("video", query.Videos)
            .Add("model", query.Model)
            .Add("score", query.Score)
            .Add("from", query.From)
            .Add("to", query.To)
            .Add("limit", Text(query.Limit))
            .Add("before", query.Before)
            .ToString();
        return GetAsync(path, Json.MomentList, cancellationToken);

        static string? Text(IFormattable? number) => number?.ToString(null, CultureInfo.InvariantCulture);
    }

    /// <summary>The model packages that a definition may name.</summary>
    public Task<IReadOnlyList<ModelInfo>> ModelsAsync(CancellationToken cancellationToken = default) =>
        GetAsync(QueryBuilder.Path("models"), Json.IReadOnlyListModelInfo, cancellationToken);

    /// <summary>The server as a whole.</summary>
    public Task<ServiceStatus> StatusAsync(CancellationToken cancellationToken = default) =>
        GetAsync(QueryBuilder.Path("status"), Json.ServiceStatus, cancellationToken);

    /// <summary>The cluster that the server belongs to; null where one process runs the videos.</summary>
    public async Task<ClusterStatus?> ClusterAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await GetAsync(QueryBuilder.Path("cluster"), Json.ClusterStatus, cancellationToken);
        }
        catch (PlayFairServerException failure) when (failure.Status == HttpStatusCode.NotFound)
        {
            // Any web server may answer so: a PlayFair server without a cluster has a status all the same.
            await StatusAsync(cancellationToken);
            return null;
        }
    }

    /// <summary>Who this client is to the server, and what it may do.</summary>
    public Task<Session> SessionAsync(CancellationToken cancellationToken = default) =>
        GetAsync(QueryBuilder.Path("session"), Json.Session, cancellationToken);

    /// <summary>
    /// A picture of a frame; null where there is none: of live videos only recent ones and some others are kept.
    /// </summary>
    /// <param name="frameIndex">As in <see cref="AttributionUpdate.FrameIndices"/>.</param>
    /// <param name="width">
    /// Of a file video: a JPEG file of the whole picture, of at most so many columns, 1 to 640. Null, and of a live
    /// video: a PNG file of what the model saw.
    /// </param>
    public async Task<byte[]?> ThumbnailAsync(
        string id, long frameIndex, int? width = null, CancellationToken cancellationToken = default)
    {
        string frame = QueryBuilder.Path("videos", id, "frames", FormattableString.Invariant($"{frameIndex}"), "thumbnail");
        string path = new QueryBuilder(frame)
            .Add("width", width is null ? null : FormattableString.Invariant($"{width}"))
            .ToString();
        using HttpResponseMessage? answer = await FindAsync(id, path, cancellationToken);
        if (answer is null)
            return null;
        using var picture = new MemoryStream();
        await CopyAsync(answer, picture, cancellationToken);
        return picture.ToArray();
    }

    /// <summary>Writes stored updates to a stream, as the server sends them.</summary>
    /// <param name="format">
    /// <c>csv</c>, a line for each update, class and frame, or <c>jsonl</c>, one for each update.
    /// </param>
    public async Task ExportAsync(
        string id, string format, UpdateRange? range, Stream destination, CancellationToken cancellationToken = default)
    {
        QueryBuilder query = new QueryBuilder(QueryBuilder.Path("videos", id, "export")).Add("format", format);
        string path = (range ?? new()).AddTo(query).ToString();
        using HttpResponseMessage answer = await GetAsync(path, cancellationToken);
        await CopyAsync(answer, destination, cancellationToken);
    }

    /// <summary>
    /// Follows videos for ever: every update of each, in order, none twice. A lost stream is connected again by itself,
    /// 1 s later at first and 30 s at most, and goes on where it was lost.
    /// </summary>
    /// <param name="videos">Ids; null: all there are, and those that are added.</param>
    /// <param name="after">
    /// For each video the last sequence number that the caller has, −1 to have all; videos that are not named start
    /// with their latest update, if there is one.
    /// </param>
    /// <exception cref="PlayFairConnectionException">
    /// The server cannot be reached, when this begins; later that is a <see cref="StreamConnection"/>.
    /// </exception>
    /// <exception cref="PlayFairServerException">
    /// The server refuses the stream, and not only for the moment.
    /// </exception>
    public async IAsyncEnumerable<StreamEvent> FollowAsync(
        IReadOnlyList<string>? videos = null,
        IReadOnlyDictionary<string, long>? after = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (videos is { Count: 0 })
            throw new ArgumentException(
                "No videos are named; expected at least one id, or null for all.", nameof(videos));
        string path = new QueryBuilder(QueryBuilder.Path("events")).Add("video", videos).ToString();
        var position = new StreamPosition(videos, after);
        var delays = new ReconnectDelays(_options);
        bool hasConnected = false;
        while (true)
        {
            EventConnection? connection = null;
            Exception? loss = null;
            try
            {
                connection = await ConnectAsync(path, position.LastEventId, cancellationToken);
            }
            catch (Exception failure) when (hasConnected && IsTransient(failure))
            {
                loss = failure;
            }

            bool beginsAnew = false;
            if (connection is not null)
            {
                await using (connection)
                {
                    hasConnected = true;
                    position.Connected();
                    yield return new StreamConnection(IsConnected: true);
                    while (!beginsAnew && await connection.NextAsync(cancellationToken) is { } arrived)
                    {
                        delays.Succeeded();
                        beginsAnew = position.HasBegunAnew(arrived);
                        foreach (StreamEvent news in position.Take(arrived))
                            yield return news;
                    }

                    delays.Advice = connection.RetryDelay ?? delays.Advice;
                    loss = connection.Loss;
                }
            }

            if (beginsAnew)
                continue;
            TimeSpan delay = delays.Next((loss as PlayFairServerException)?.RetryAfter);
            yield return new StreamConnection(
                IsConnected: false, loss?.Message ?? $"{Address} ended the stream", _options.Time.GetUtcNow() + delay);
            await Task.Delay(delay, _options.Time, cancellationToken);
        }
    }

    public void Dispose() => _http.Dispose();

    private static bool IsTransient(Exception failure) =>
        failure is PlayFairConnectionException { IsTransient: true } or PlayFairServerException { IsTransient: true };

    private async Task<EventConnection> ConnectAsync(
        string path, string? lastEventId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new("text/event-stream"));
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        HttpResponseMessage answer = await SendAsync(request, cancellationToken);
        try
        {
            CheckMediaType(answer, "text/event-stream");
            return new EventConnection(answer, await OpenAsync(answer, cancellationToken), Address);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    private IAsyncEnumerable<T> RangeAsync<T>(
        string id,
        string what,
        UpdateRange? range,
        JsonTypeInfo<IReadOnlyList<T>> type,
        CancellationToken cancellationToken)
    {
        QueryBuilder query = new QueryBuilder(QueryBuilder.Path("videos", id, what)).Add("limit", "1000");
        return PagesAsync((range ?? new()).AddTo(query).ToString(), type, cancellationToken);
    }

    /// <summary>All entries of a list that the server gives in pages, each of which links to the next.</summary>
    private async IAsyncEnumerable<T> PagesAsync<T>(
        string path, JsonTypeInfo<IReadOnlyList<T>> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? next = path;
        while (next is not null)
        {
            IReadOnlyList<T> page;
            using (HttpResponseMessage answer = await GetAsync(next, cancellationToken))
            {
                page = await ReadAsync(answer, type, cancellationToken);
                next = LinkHeader.Next(answer);
            }

            foreach (T entry in page)
                yield return entry;
        }
    }

    private async Task<VideoStatus> SendDefinitionAsync(
        HttpMethod method, string path, VideoDefinition definition, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Content = JsonContent.Create(definition, Json.VideoDefinition),
        };
        using HttpResponseMessage answer = await SendAsync(request, cancellationToken);
        return await ReadAsync(answer, Json.VideoStatus, cancellationToken);
    }

    private async Task<TAnswer> PostAsync<TBody, TAnswer>(
        string path,
        TBody body,
        JsonTypeInfo<TBody> bodyType,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, QueryBuilder.Path(path))
        {
            Content = JsonContent.Create(body, bodyType),
        };
        using HttpResponseMessage answer = await SendAsync(request, cancellationToken);
        return await ReadAsync(answer, answerType, cancellationToken);
    }

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await GetAsync(path, cancellationToken);
        return await ReadAsync(answer, type, cancellationToken);
    }

    /// <summary>What a video may have or not: null where there is the video, and it has not.</summary>
    private async Task<HttpResponseMessage?> FindAsync(string id, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(path, cancellationToken);
        }
        catch (PlayFairServerException failure) when (failure.Status == HttpStatusCode.NotFound)
        {
            await GetVideoAsync(id, cancellationToken);
            return null;
        }
    }

    private async Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Sends a request and waits for the answer's head, which says success.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(_options.AnswerTimeout, _options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PlayFairConnectionException(
                $"{Address} does not answer: {_options.AnswerTimeout.TotalSeconds:0.#} s have passed. Is it busy, or "
                + "its network cut off?");
        }
        catch (HttpRequestException failure)
        {
            throw new PlayFairConnectionException(Describe(failure), failure);
        }

        if (answer.IsSuccessStatusCode)
            return answer;
        using (answer)
            throw await ReadProblemAsync(answer, cancellationToken);
    }

    private string Describe(HttpRequestException failure) => failure switch
    {
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            $"{Address} refuses the connection: is 'playfair serve' running there? Name another address by --url or "
            + $"{PlayFairClientOptions.AddressVariable}.",
        { HttpRequestError: HttpRequestError.NameResolutionError } =>
            $"There is no host '{Address.Host}', or no name server answers. Name another address by --url or "
            + $"{PlayFairClientOptions.AddressVariable}.",
        { InnerException: AuthenticationException } =>
            $"{Address} has no certificate that this machine trusts, or does not speak TLS.",
        // The messages name hosts and reasons, never headers.
        { InnerException: { } cause } => $"{Address} cannot be reached: {cause.Message.TrimEnd('.')}.",
        _ => $"{Address} cannot be reached: {failure.Message.TrimEnd('.')}.",
    };

    /// <summary>The answer's body, which fails where it brings nothing for too long.</summary>
    private async Task<Stream> OpenAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        new WatchedStream(
            await answer.Content.ReadAsStreamAsync(cancellationToken), _options.SilenceTimeout, _options.Time);

    private async Task<T> ReadAsync<T>(
        HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        CheckMediaType(answer, "application/json");
        try
        {
            await using Stream body = await OpenAsync(answer, cancellationToken);
            return await JsonSerializer.DeserializeAsync(body, type, cancellationToken)
                ?? throw NotUnderstood(answer, "it is null");
        }
        catch (JsonException failure)
        {
            throw NotUnderstood(answer, failure.Message);
        }
        catch (Exception failure) when (EventConnection.IsLoss(failure))
        {
            throw CutOff(failure);
        }
    }

    private async Task CopyAsync(HttpResponseMessage answer, Stream destination, CancellationToken cancellationToken)
    {
        await using Stream body = await OpenAsync(answer, cancellationToken);
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            int count;
            try
            {
                count = await body.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception failure) when (EventConnection.IsLoss(failure))
            {
                throw CutOff(failure);
            }

            if (count == 0)
                return;
            await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    /// <summary>
    /// The problem details of an answer that says failure (RFC 9457), or what can be said without them.
    /// </summary>
    private async Task<Exception> ReadProblemAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        Problem? problem = null;
        if (answer.Content.Headers.ContentType?.MediaType == ProblemMediaType)
        {
            try
            {
                await using Stream body = await OpenAsync(answer, cancellationToken);
                byte[] bytes = new byte[MaxProblemBytes];
                int length =
                    await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
                problem = JsonSerializer.Deserialize(bytes.AsSpan(0, length), StreamJson.Default.Problem);
            }
            catch (Exception failure) when (failure is JsonException || EventConnection.IsLoss(failure))
            {
                // The status alone has to do.
            }
        }

        int code = (int)answer.StatusCode;
        if (problem is null && code is >= 300 and < 400)
        {
            return new PlayFairConnectionException(
                $"{Address} is elsewhere: it redirects to '{answer.Headers.Location}'. Name that address.")
            {
                IsTransient = false,
            };
        }

        string title = problem?.Title ?? answer.ReasonPhrase ?? "Error";
        string? detail = problem?.Detail;
        // Which status has which remedy here, the server cannot know.
        if (answer.StatusCode == HttpStatusCode.Unauthorized)
        {
            detail ??= "The server asks for a token.";
            detail += $" Give one by {PlayFairClientOptions.TokenVariable} or --token.";
        }

        return new PlayFairServerException(
            answer.StatusCode, title, detail ?? $"{Address} answers {code} ({title}).", problem?.Field)
        {
            RetryAfter = answer.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } => date - _options.Time.GetUtcNow(),
                _ => null,
            },
        };
    }

    private void CheckMediaType(HttpResponseMessage answer, string expected)
    {
        string? found = answer.Content.Headers.ContentType?.MediaType;
        if (found == expected)
            return;
        throw new PlayFairConnectionException(
            $"{Address} is no PlayFair server: it answers '{found ?? "nothing"}', expected '{expected}'. Check the "
            + "address.")
        {
            IsTransient = false,
        };
    }

    private PlayFairConnectionException CutOff(Exception failure) =>
        new($"{Address} cut its answer off: {failure.Message.TrimEnd('.')}.", failure);

    private PlayFairConnectionException NotUnderstood(HttpResponseMessage answer, string reason) =>
        new($"{Address} answers '{answer.RequestMessage?.RequestUri?.AbsolutePath}' with what this client does not "
            + $"understand: {reason.TrimEnd('.')}. Are client and server of one version?")
        {
            IsTransient = false,
        };
}
