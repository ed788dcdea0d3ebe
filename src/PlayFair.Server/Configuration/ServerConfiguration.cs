using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using PlayFair.Contracts;
using PlayFair.Inference;

namespace PlayFair.Server;

/// <summary>How the log is written.</summary>
public enum LogFormat
{
    /// <summary>One line of words for each entry.</summary>
    Text,

    /// <summary>One line of JSON for each entry.</summary>
    Json,
}

/// <summary>How metrics and traces are sent.</summary>
public enum OtlpProtocol
{
    Grpc,

    /// <summary>HTTP with protocol buffers.</summary>
    Http,
}

/// <summary>The server's settings (docs/server.md). <see cref="ConfigurationReader"/> reads and checks them.</summary>
public sealed record ServerConfiguration
{
    public ListenAddress Address { get; init; } = ListenAddress.Default;

    /// <summary>Who may use the server; none: everybody on this machine, and nobody else.</summary>
    public IReadOnlyList<AccessToken> Tokens { get; init; } = [];

    /// <summary>Sites whose pages may use the API, such as <c>https://example.org</c>.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    public StoreConfiguration Store { get; init; } = new();

    /// <summary>Folder of the model packages; null: those that ship.</summary>
    public string? Models { get; init; }

    /// <summary>Name of the model of videos that name none; null: the program's.</summary>
    public string? DefaultModel { get; init; }

    /// <summary>Where backbones and ONNX heads run.</summary>
    public InferenceDevice Device { get; init; } = InferenceDevice.Cpu;

    public SourcesConfiguration Sources { get; init; } = new();

    public LimitsConfiguration Limits { get; init; } = new();

    /// <summary>Videos that the file describes.</summary>
    public IReadOnlyList<VideoDefinition> Videos { get; init; } = [];

    public OtlpConfiguration Otlp { get; init; } = new();

    /// <summary>For <c>playfair silo</c> alone.</summary>
    public ClusterConfiguration Cluster { get; init; } = new();

    public LogFormat LogFormat { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The file that was read; null: none.</summary>
    public string? File { get; init; }

    /// <summary>Names of meters whose instruments /metrics and OTLP have besides the program's own.</summary>
    public IReadOnlyList<string> Meters { get; init; } = [];

    /// <summary>
    /// Why the server should be sent no requests for the moment, in words; null: it may be. Asked for every
    /// /health/ready, so it answers at once.
    /// </summary>
    public Func<string?> WhyNotReady { get; init; } = () => null;

    /// <summary>Events' heartbeat and patience go by it.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The settings as a file would have them, on several lines, secrets replaced by <c>***</c>.</summary>
    /// <param name="redact">Removes credentials from a source or an address.</param>
    public string ToJson(Func<string, string> redact)
    {
        var tokens = Tokens.Select(token => new JsonObject
        {
            ["name"] = token.Name,
            ["token"] = "***",
            ["role"] = NameOf(token.Role),
        });
        var videos = Videos.Select(video => JsonSerializer.SerializeToNode(
            video with { Source = redact(video.Source) }, ContractJson.Lines.VideoDefinition));
        var root = new JsonObject
        {
            ["listen"] = Address.ToString(),
            ["tokens"] = new JsonArray([.. tokens]),
            ["corsOrigins"] = Texts(CorsOrigins),
            ["store"] = new JsonObject
            {
                ["path"] = Store.Path ?? StoreConfiguration.None,
                ["maxAge"] = Store.MaxAge is { } age ? Quantities.Write(age) : null,
                ["maxBytes"] = Store.MaxBytes,
            },
            ["models"] = Models,
            ["defaultModel"] = DefaultModel,
            ["device"] = Device.ToString(),
            ["sources"] = new JsonObject
            {
                ["folders"] = Texts(Sources.Folders),
                ["kinds"] = Sources.Kinds is { } kinds ? Texts(kinds) : null,
                ["privateAddresses"] = Sources.PrivateAddresses,
            },
            ["limits"] = new JsonObject
            {
                ["videos"] = Limits.Videos,
                ["subscribers"] = Limits.Subscribers,
                ["requestBytes"] = Limits.RequestBytes,
                ["requestsPerSecond"] = Limits.RequestsPerSecond,
            },
            ["videos"] = new JsonArray([.. videos]),
            ["otlp"] = new JsonObject
            {
                ["endpoint"] = Otlp.Endpoint is { } endpoint ? redact(endpoint.ToString()) : null,
                ["protocol"] = NameOf(Otlp.Protocol),
            },
            ["cluster"] = new JsonObject
            {
                ["name"] = Cluster.Name,
                ["silo"] = Cluster.Silo,
                ["database"] = Cluster.Database is null ? null : "***",
                ["advertise"] = Cluster.Advertise.ToString(),
                ["siloPort"] = Cluster.SiloPort,
                ["gatewayPort"] = Cluster.GatewayPort,
                ["capacityCores"] = Cluster.CapacityCores,
                ["accelerator"] = Cluster.Accelerator ?? ClusterConfiguration.NoAccelerator,
            },
            ["logFormat"] = NameOf(LogFormat),
            ["logLevel"] = NameOf(LogLevel),
        };
        return root.ToJsonString(
            new JsonSerializerOptions(ContractJson.Lines.Options) { WriteIndented = true });
    }

    internal static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static JsonArray Texts(IReadOnlyList<string> texts) =>
        new([.. texts.Select(text => (JsonNode?)JsonValue.Create(text))]);
}

/// <summary>Where what happens is kept.</summary>
public sealed record StoreConfiguration
{
    /// <summary>The path that means that nothing is kept.</summary>
    public const string None = "none";

    /// <summary>The database file; null: nothing is kept.</summary>
    public string? Path { get; init; }

    /// <summary>Older updates are deleted; null: none.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>The oldest updates are deleted when the database is larger; null: none.</summary>
    public long? MaxBytes { get; init; }
}

/// <summary>What may be opened.</summary>
public sealed record SourcesConfiguration
{
    /// <summary>Files in these folders may be opened.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>Of <see cref="AllKinds"/>; null: all.</summary>
    public IReadOnlyList<string>? Kinds { get; init; }

    /// <summary>Of <see cref="AllPrivateAddresses"/>.</summary>
    public string PrivateAddresses { get; init; } = "named";

    public static IReadOnlyList<string> AllKinds { get; } =
        ["file", "rtsp", "rtmp", "hls", "http", "srt", "udp", "webcam", "synthetic"];

    public static IReadOnlyList<string> AllPrivateAddresses { get; } = ["deny", "named", "allow"];
}

/// <summary>How much there may be at most.</summary>
public sealed record LimitsConfiguration
{
    public int Videos { get; init; } = 64;

    public int Subscribers { get; init; } = 2000;

    /// <summary>Bytes of a request's body.</summary>
    public int RequestBytes { get; init; } = 1024 * 1024;

    /// <summary>Requests of one client address, in the long run; five seconds' worth may come at once.</summary>
    public int RequestsPerSecond { get; init; } = 200;
}

/// <summary>Where metrics and traces are sent.</summary>
public sealed record OtlpConfiguration
{
    /// <summary>The collector's address; null: nothing is sent.</summary>
    public Uri? Endpoint { get; init; }

    public OtlpProtocol Protocol { get; init; }
}

/// <summary>The silo that a process is, and of which cluster.</summary>
public sealed record ClusterConfiguration
{
    /// <summary>The accelerator that means that there is none.</summary>
    public const string NoAccelerator = "none";

    public static IReadOnlyList<string> AllAccelerators { get; } = ["cuda", NoAccelerator];

    /// <summary>The cluster's: silos of one name and one database belong together.</summary>
    public string Name { get; init; } = "playfair";

    /// <summary>The silo's own, which no other of the cluster has.</summary>
    public string Silo { get; init; } = Environment.MachineName;

    /// <summary>Connection string of the cluster's PostgreSQL; null: the silo is a cluster by itself.</summary>
    public string? Database { get; init; }

    /// <summary>Where other silos reach this one.</summary>
    public IPAddress Advertise { get; init; } = IPAddress.Loopback;

    /// <summary>For other silos.</summary>
    public int SiloPort { get; init; } = 11111;

    /// <summary>For Orleans clients, of which PlayFair has none; 0: not open.</summary>
    public int GatewayPort { get; init; }

    /// <summary>How many cores' worth of videos the silo takes.</summary>
    public double CapacityCores { get; init; } = Environment.ProcessorCount;

    /// <summary>What computes features besides processors, as <c>cuda</c>; null: nothing.</summary>
    public string? Accelerator { get; init; }
}
