using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PlayFair.Contracts;
using PlayFair.Inference;

namespace PlayFair.Server;

/// <summary>A setting given on the command line.</summary>
/// <param name="Flag">As the user wrote it, such as <c>--listen</c>.</param>
/// <param name="Field">The setting, such as <c>store.path</c>.</param>
/// <param name="Value">Its value, as a file would have it.</param>
public sealed record ConfigurationFlag(string Flag, string Field, JsonNode Value);

/// <summary>What a configuration is read from; later sources override earlier ones: file, environment, flags.</summary>
public sealed record ConfigurationInput
{
    /// <summary>The file, which must exist; null: <c>playfair.json</c> in <see cref="Folder"/>, if any.</summary>
    public string? File { get; init; }

    /// <summary>Paths that do not come from the file are relative to it.</summary>
    public string Folder { get; init; } = Environment.CurrentDirectory;

    /// <summary>Variables: <c>PLAYFAIR__LIMITS__VIDEOS</c> is <c>limits.videos</c>.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<ConfigurationFlag> Flags { get; init; } = [];
}

/// <summary>Reads the configuration and checks all of it.</summary>
public sealed class ConfigurationReader
{
    public const string DefaultFile = "playfair.json";

    private const string Prefix = "PLAYFAIR__";

    private static readonly JsonDocumentOptions FileOptions = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Every name in a configuration but a video's: variables do not spell them in mixed case.</summary>
    private static readonly string[] Names =
    [
        "listen", "tokens", "name", "token", "tokenFile", "role", "corsOrigins", "store", "path", "maxAge", "maxBytes",
        "models", "defaultModel", "device", "sources", "folders", "kinds", "privateAddresses", "limits", "videos",
        "subscribers", "requestBytes", "requestsPerSecond", "otlp", "endpoint", "protocol", "cluster", "silo",
        "database", "databaseFile", "advertise", "siloPort", "gatewayPort", "capacityCores", "accelerator", "logFormat",
        "logLevel",
    ];

    private readonly ConfigurationInput _input;
    private readonly string? _file;
    private readonly List<ConfigurationProblem> _problems = [];
    private readonly Dictionary<string, string> _origins = new(StringComparer.Ordinal);
    private JsonObject _root = [];

    private ConfigurationReader(ConfigurationInput input)
    {
        _input = input;
        string standard = Path.Combine(input.Folder, DefaultFile);
        _file = input.File is { } named
            ? Path.GetFullPath(named, input.Folder)
            : File.Exists(standard) ? standard : null;
    }

    /// <summary>Reads and checks everything.</summary>
    /// <exception cref="ConfigurationException">Something is wrong or unknown; all of it is said at once.</exception>
    public static ServerConfiguration Read(ConfigurationInput input)
    {
        var reader = new ConfigurationReader(input);
        reader.ReadFile();
        reader.ReadVariables();
        foreach (ConfigurationFlag flag in input.Flags)
            reader.Set(flag.Field.Split('.'), flag.Value.DeepClone(), flag.Flag);
        ServerConfiguration configuration = reader.Check();
        return reader._problems.Count == 0 ? configuration : throw new ConfigurationException(reader._problems);
    }

    /// <summary>The videos that a file describes now.</summary>
    /// <exception cref="ConfigurationException">The file cannot be read, or its videos are wrong.</exception>
    public static IReadOnlyList<VideoDefinition> ReadVideos(string file)
    {
        var reader = new ConfigurationReader(new ConfigurationInput { File = file });
        reader.ReadFile();
        IReadOnlyList<VideoDefinition> videos = reader.Videos(new Section(reader, reader._root, ""));
        return reader._problems.Count == 0 ? videos : throw new ConfigurationException(reader._problems);
    }

    private void ReadFile()
    {
        if (_file is null)
            return;
        try
        {
            if (JsonNode.Parse(File.ReadAllBytes(_file), documentOptions: FileOptions) is JsonObject root)
                _root = root;
            else
                Fail("file", "no object", "an object of settings");
        }
        catch (JsonException failure)
        {
            string place = failure.LineNumber is { } line ? $" at line {line + 1}" : "";
            Fail("file", $"what is not JSON{place} ({failure.Message.Split(" LineNumber: ")[0].TrimEnd('.')})", "JSON");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Fail("file", $"no readable file ({failure.Message})", "a configuration file", "Correct --config.");
        }
    }

    private void ReadVariables()
    {
        IReadOnlyDictionary<string, string> variables = _input.Variables;
        SetVariable("OTEL_EXPORTER_OTLP_ENDPOINT", "otlp", "endpoint");
        SetVariable("OTEL_EXPORTER_OTLP_PROTOCOL", "otlp", "protocol");
        SetVariable("PLAYFAIR_MODELS", "models");
        foreach ((string name, string value) in variables.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            if (!name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || value.Length == 0)
                continue;
            string[] path = [.. name[Prefix.Length..].Split("__").Select(part =>
                Array.Find(Names, known => known.Equals(part, StringComparison.OrdinalIgnoreCase)) ?? part)];
            Set(path, Parse(value, name), name);
        }

        void SetVariable(string name, params string[] path)
        {
            if (variables.TryGetValue(name, out string? value) && value.Length > 0)
                Set(path, value == "http/protobuf" ? "http" : value, name);
        }
    }

    /// <summary>A variable's value: text, or JSON where it looks like an array or an object.</summary>
    private JsonNode? Parse(string value, string name)
    {
        if (value[0] is not ('[' or '{'))
            return value;
        try
        {
            return JsonNode.Parse(value, documentOptions: FileOptions);
        }
        catch (JsonException)
        {
            _problems.Add(new(name, "environment", "what begins as JSON and is none", "JSON or plain text"));
            return null;
        }
    }

    /// <summary>Puts a value at its place, whatever was there.</summary>
    private void Set(string[] path, JsonNode? value, string origin)
    {
        JsonNode node = _root;
        for (int i = 0; i < path.Length; i++)
        {
            JsonNode? child = i == path.Length - 1 ? value : null;
            bool ok = node switch
            {
                JsonArray array when int.TryParse(path[i], NumberStyles.None, null, out int index)
                    && index <= array.Count =>
                    Place(array, index, ref child, path, i),
                JsonObject parent => Place(parent, path[i], ref child, path, i),
                _ => false,
            };
            if (!ok)
            {
                _problems.Add(new(
                    string.Join('.', path), origin, "an item that does not follow the others",
                    "items counted 0, 1, 2, …"));
                return;
            }

            if (i < path.Length - 1)
                node = child!;
        }

        _origins[PathOf(path)] = origin;
    }

    private static bool Place(JsonObject parent, string name, ref JsonNode? child, string[] path, int depth)
    {
        if (depth < path.Length - 1)
            child = parent[name] is JsonObject or JsonArray ? parent[name] : Container(path[depth + 1]);
        if (!ReferenceEquals(parent[name], child) || child is null)
            parent[name] = child;
        return true;
    }

    private static bool Place(JsonArray array, int index, ref JsonNode? child, string[] path, int depth)
    {
        if (index == array.Count)
            array.Add((JsonNode?)null);
        if (depth < path.Length - 1)
            child = array[index] is JsonObject or JsonArray ? array[index] : Container(path[depth + 1]);
        if (!ReferenceEquals(array[index], child))
            array[index] = child;
        return true;
    }

    private static JsonNode Container(string member) =>
        char.IsAsciiDigit(member[0]) ? new JsonArray() : new JsonObject();

    private static string PathOf(string[] path)
    {
        var text = new StringBuilder(path[0]);
        foreach (string part in path.AsSpan(1))
            text.Append(char.IsAsciiDigit(part[0]) ? $"[{part}]" : $".{part}");
        return text.ToString();
    }

    private ServerConfiguration Check()
    {
        var root = new Section(this, _root, "");
        root.AllowOnly(
            "listen", "tokens", "corsOrigins", "store", "models", "defaultModel", "device", "sources", "limits",
            "videos", "otlp", "cluster", "logFormat", "logLevel");
        var defaults = new ServerConfiguration();
        var configuration = defaults with
        {
            Address = root.Text("listen", ListenAddress.Parse, ListenAddress.Expected) ?? defaults.Address,
            Tokens = [.. root.Sections("tokens").Select(Token).OfType<AccessToken>()],
            CorsOrigins = root.Texts("corsOrigins", Origin, "a site such as https://example.org") ?? [],
            Store = Store(root.Part("store")),
            Models = root.Path("models"),
            DefaultModel = root.Text("defaultModel"),
            Device = root.Value("device", Device, "cpu, cuda or cuda:INDEX") ?? defaults.Device,
            Sources = Sources(root.Part("sources")),
            Limits = Limits(root.Part("limits")),
            Videos = Videos(root),
            Otlp = Otlp(root.Part("otlp")),
            LogFormat = root.Choice<LogFormat>("logFormat") ?? defaults.LogFormat,
            LogLevel = root.Choice<LogLevel>("logLevel") ?? defaults.LogLevel,
            File = _file,
        };
        CheckTokens(root, configuration);
        return configuration with { Cluster = Cluster(root.Part("cluster"), configuration) };
    }

    private void CheckTokens(Section root, ServerConfiguration configuration)
    {
        foreach ((string name, _) in configuration.Tokens.CountBy(token => token.Name).Where(count => count.Value > 1))
            Fail("tokens", $"several tokens named '{name}'", "a name of its own for each");
        // A token that is wrong has been complained of already.
        if (!configuration.Address.IsLocal && root.Count("tokens") == 0)
        {
            Fail(
                "tokens", $"none, while the server listens on {configuration.Address}",
                "at least one token where others than this machine can connect",
                "Add one to tokens, or listen on 127.0.0.1.");
        }
    }

    private AccessToken? Token(Section token)
    {
        token.AllowOnly("name", "token", "tokenFile", "role");
        string? name = token.Text("name");
        if (name is null && token.Count("name") == 0)
            token.Fail("name", "nothing", "a name, which the log shows");
        Role? role = token.Choice<Role>("role");
        if (role is null && token.Count("role") == 0)
            token.Fail("role", "nothing", "one of: view, manage");
        if (token.Count("token") + token.Count("tokenFile") == 0)
            token.Fail("token", "neither token nor tokenFile", "one of them");
        if (Secret(token, "token", "tokenFile", out string field) is not { } text)
            return null;

        if (text.Length < AccessToken.MinLength || text.Any(c => c is <= ' ' or > '~'))
        {
            token.Fail(
                field, $"{text.Length} characters",
                $"at least {AccessToken.MinLength} printable ASCII characters without spaces",
                "Make one with 'openssl rand -hex 32'.");
            return null;
        }

        return name is null || role is null ? null : AccessToken.Create(name, text, role.Value);
    }

    /// <summary>A secret that is there itself or in a file; null where it is neither, or cannot be read.</summary>
    /// <param name="field">Which of the two names it has.</param>
    private static string? Secret(Section section, string name, string fileName, out string field)
    {
        string? text = section.Text(name);
        string? file = section.Path(fileName);
        field = file is null ? name : fileName;
        if (text is not null && file is not null)
        {
            section.Fail(name, $"both {name} and {fileName}", "one of them");
            return null;
        }

        if (file is null)
            return text;
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            section.Fail(fileName, $"no readable file ({failure.Message})", $"a file that holds the {name}");
            return null;
        }
    }

    private StoreConfiguration Store(Section store)
    {
        store.AllowOnly("path", "maxAge", "maxBytes");
        string? path = store.Text("path") is StoreConfiguration.None ? null : store.Path("path") ?? DefaultStore(store);
        return new StoreConfiguration
        {
            Path = path,
            MaxAge = store.Value("maxAge", Quantities.Duration, Quantities.ExpectedDuration),
            MaxBytes = store.Value("maxBytes", Quantities.Size, Quantities.ExpectedSize),
        };
    }

    private string? DefaultStore(Section store)
    {
        string? state = _input.Variables.GetValueOrDefault("XDG_STATE_HOME");
        string? home = _input.Variables.GetValueOrDefault("HOME");
        // The specification has relative paths ignored.
        if (Path.IsPathRooted(state))
            return Path.Combine(state!, "playfair", "playfair.db");
        if (!string.IsNullOrEmpty(home))
            return Path.Combine(home, ".local", "state", "playfair", "playfair.db");
        store.Fail("path", "nothing, and no HOME to put it into", "the database's path, or 'none'");
        return null;
    }

    private static SourcesConfiguration Sources(Section sources)
    {
        sources.AllowOnly("folders", "kinds", "privateAddresses");
        return new SourcesConfiguration
        {
            Folders = sources.Paths("folders") ?? [],
            Kinds = sources.Texts(
                "kinds", kind => SourcesConfiguration.AllKinds.Contains(kind) ? kind : null,
                $"one of: {string.Join(", ", SourcesConfiguration.AllKinds)}"),
            PrivateAddresses = sources.Text(
                "privateAddresses", text => SourcesConfiguration.AllPrivateAddresses.Contains(text) ? text : null,
                $"one of: {string.Join(", ", SourcesConfiguration.AllPrivateAddresses)}")
                ?? new SourcesConfiguration().PrivateAddresses,
        };
    }

    private static LimitsConfiguration Limits(Section limits)
    {
        limits.AllowOnly("videos", "subscribers", "requestBytes", "requestsPerSecond");
        var defaults = new LimitsConfiguration();
        return new LimitsConfiguration
        {
            Videos = limits.Integer("videos", 1, 10_000) ?? defaults.Videos,
            Subscribers = limits.Integer("subscribers", 1, 1_000_000) ?? defaults.Subscribers,
            RequestBytes = limits.Integer("requestBytes", 1024, 1 << 30) ?? defaults.RequestBytes,
            RequestsPerSecond = limits.Integer("requestsPerSecond", 1, 1_000_000) ?? defaults.RequestsPerSecond,
        };
    }

    private static OtlpConfiguration Otlp(Section otlp)
    {
        otlp.AllowOnly("endpoint", "protocol");
        return new OtlpConfiguration
        {
            Endpoint = otlp.Text(
                "endpoint",
                text => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
                    ? uri
                    : null,
                "an address such as http://127.0.0.1:4317"),
            Protocol = otlp.Choice<OtlpProtocol>("protocol") ?? OtlpProtocol.Grpc,
        };
    }

    private static InferenceDevice? Device(string text)
    {
        try
        {
            return InferenceDevice.Parse(text);
        }
        catch (InferenceException)
        {
            return null;
        }
    }

    private static ClusterConfiguration Cluster(Section cluster, ServerConfiguration configuration)
    {
        cluster.AllowOnly(
            "name", "silo", "database", "databaseFile", "advertise", "siloPort", "gatewayPort", "capacityCores",
            "accelerator");
        const string name = "1 to 64 letters, digits, '-', '_' or '.'";
        var defaults = new ClusterConfiguration();
        string? database = Database(cluster);
        string accelerator = cluster.Text(
            "accelerator", text => ClusterConfiguration.AllAccelerators.Contains(text) ? text : null,
            $"one of: {string.Join(", ", ClusterConfiguration.AllAccelerators)}")
            ?? (configuration.Device == InferenceDevice.Cpu ? ClusterConfiguration.NoAccelerator : "cuda");
        int siloPort = cluster.Integer("siloPort", 1, ushort.MaxValue) ?? defaults.SiloPort;
        int gatewayPort = cluster.Integer("gatewayPort", 0, ushort.MaxValue) ?? defaults.GatewayPort;
        foreach ((string port, int number) in new[] { ("siloPort", siloPort), ("gatewayPort", gatewayPort) })
        {
            if (number == configuration.Address.Port && number != 0)
                cluster.Fail(port, $"{number}, where HTTP is served (listen)", "a port of its own");
        }

        if (siloPort == gatewayPort)
            cluster.Fail("gatewayPort", $"{gatewayPort}, which is siloPort too", "a port of its own, or 0 for none");
        return new ClusterConfiguration
        {
            Name = cluster.Text("name", Name, name) ?? defaults.Name,
            Silo = cluster.Text("silo", Name, name) ?? defaults.Silo,
            Database = database,
            Advertise = cluster.Text("advertise", Reachable, "an IP address of this machine, such as 10.0.0.5")
                ?? (database is null ? IPAddress.Loopback : OwnAddress()),
            SiloPort = siloPort,
            GatewayPort = gatewayPort,
            CapacityCores = cluster.Value<double>("capacityCores", Cores, "a number of cores from 0.1 to 4096")
                ?? defaults.CapacityCores,
            Accelerator = accelerator == ClusterConfiguration.NoAccelerator ? null : accelerator,
        };

        static string? Name(string text) =>
            text.Length <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? text : null;

        static IPAddress? Reachable(string text) =>
            IPAddress.TryParse(text, out IPAddress? address)
            && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
                ? address
                : null;

        static double? Cores(string text) =>
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double cores)
            && cores is >= 0.1 and <= 4096
                ? cores
                : null;
    }

    /// <summary>The cluster's connection string, of which only the form is checked: the start connects.</summary>
    private static string? Database(Section cluster)
    {
        if (Secret(cluster, "database", "databaseFile", out string field) is not { } text)
            return null;
        string? wrong = null;
        try
        {
            var parts = new DbConnectionStringBuilder { ConnectionString = text };
            if (!parts.ContainsKey("Host") && !parts.ContainsKey("Server"))
                wrong = "a connection string without a Host";
        }
        catch (ArgumentException)
        {
            wrong = "no connection string";
        }

        if (wrong is null)
            return text;
        cluster.Fail(
            field, wrong, "PostgreSQL's, such as Host=db.example;Database=playfair;Username=playfair;Password=…",
            text.StartsWith("postgres", StringComparison.OrdinalIgnoreCase)
                ? "An address (postgresql://…) is to be written in this form."
                : null);
        return null;
    }

    /// <summary>An address of this machine for others: on the network that leads on, if there are several.</summary>
    private static IPAddress OwnAddress() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up
                && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .Select(network => network.GetIPProperties())
            .OrderByDescending(network => network.GatewayAddresses.Count > 0)
            .SelectMany(network => network.UnicastAddresses.Select(unicast => unicast.Address))
            .Where(address => !address.IsIPv6LinkLocal)
            .OrderBy(address => address.AddressFamily != AddressFamily.InterNetwork)
            .FirstOrDefault(IPAddress.Loopback);

    private List<VideoDefinition> Videos(Section root)
    {
        var videos = new List<VideoDefinition>();
        foreach (Section item in root.Sections("videos"))
        {
            try
            {
                VideoDefinition video = StrictJson.Definition.Read(Encoding.UTF8.GetBytes(item.Json), $"{item.Field}.");
                if (videos.Any(other => other.Id == video.Id))
                    item.Fail("id", $"'{video.Id}' for the second time", "an id of its own for each video");
                videos.Add(video);
            }
            catch (RequestException wrong)
            {
                string field = wrong.Field ?? item.Field;
                _problems.Add(new(
                    field, OriginOf(field), wrong.Found ?? wrong.Message, wrong.Expected ?? "a video's description"));
            }
        }

        return videos;
    }

    private static string? Origin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
        && text == uri.GetLeftPart(UriPartial.Authority)
            ? text
            : null;

    private void Fail(string field, string found, string expected, string? remedy = null) =>
        _problems.Add(new(field, OriginOf(field), found, expected, remedy));

    /// <summary>Where a setting, or what it is part of, comes from.</summary>
    private string OriginOf(string field)
    {
        for (string path = field; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))])
        {
            if (_origins.TryGetValue(path, out string? origin))
                return origin;
        }

        return _file ?? "default";
    }

    /// <summary>An object of the configuration; what is wrong in it is added to the problems.</summary>
    private sealed class Section(ConfigurationReader reader, JsonNode? node, string path)
    {
        public string Field => path;

        public string Json => node?.ToJsonString() ?? "null";

        private JsonObject? Members => node as JsonObject;

        public void AllowOnly(params string[] names)
        {
            foreach (string name in Members?.Select(member => member.Key) ?? [])
            {
                if (!names.Contains(name, StringComparer.Ordinal))
                    Fail(name, "an unknown setting", $"one of: {string.Join(", ", names)}");
            }
        }

        public void Fail(string name, string found, string expected, string? remedy = null) =>
            reader.Fail(FieldOf(name), found, expected, remedy);

        /// <summary>How many items an array has; 1 for anything else that is there, 0 for nothing.</summary>
        public int Count(string name) => Find(name) switch
        {
            null => 0,
            JsonArray items => items.Count,
            _ => 1,
        };

        public Section Part(string name)
        {
            JsonNode? member = Find(name);
            if (member is not (null or JsonObject))
                Fail(name, Found(member, name), "an object");
            return new Section(reader, member as JsonObject, FieldOf(name));
        }

        /// <summary>The items of an array of objects.</summary>
        public List<Section> Sections(string name)
        {
            var sections = new List<Section>();
            foreach ((int index, JsonNode? item) in Items(name).Index())
            {
                if (item is JsonObject)
                    sections.Add(new Section(reader, item, $"{FieldOf(name)}[{index}]"));
                else
                    Fail($"{name}[{index}]", Found(item, name), "an object");
            }

            return sections;
        }

        public string? Text(string name) => Text(name, text => text, "text");

        /// <summary>A text that <paramref name="parse"/> takes.</summary>
        public T? Text<T>(string name, Func<string, T?> parse, string expected)
            where T : class
        {
            JsonNode? member = Find(name);
            return member is null ? null : Parse(member, name, parse, expected);
        }

        /// <summary>A text or number that <paramref name="parse"/> takes.</summary>
        public T? Value<T>(string name, Func<string, T?> parse, string expected)
            where T : struct
        {
            JsonNode? member = Find(name);
            if (member is null)
                return null;
            T? value = member is JsonValue ? parse(member.ToString()) : null;
            if (value is null)
                Fail(name, Found(member, name), expected);
            return value;
        }

        public int? Integer(string name, int min, int max) => Value<int>(
            name,
            text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && number >= min && number <= max ? number : null,
            $"a whole number from {min} to {max}");

        public T? Choice<T>(string name)
            where T : struct, Enum
        {
            string names = string.Join(", ", Enum.GetValues<T>().Select(ServerConfiguration.NameOf));
            return Value<T>(
                name,
                text => Enum.GetValues<T>().Cast<T?>().FirstOrDefault(value =>
                    ServerConfiguration.NameOf(value!.Value).Equals(text, StringComparison.OrdinalIgnoreCase)),
                $"one of: {names}");
        }

        /// <summary>A path, made absolute.</summary>
        public string? Path(string name) => Text(name, text => Absolute(name, text), "a path");

        public List<string>? Paths(string name) => Texts(name, text => Absolute(name, text), "a path");

        public List<string>? Texts(string name, Func<string, string?> parse, string expected)
        {
            if (Find(name) is null)
                return null;
            return [.. Items(name)
                .Select((item, index) => Parse(item, $"{name}[{index}]", parse, expected)).OfType<string>()];
        }

        private T? Parse<T>(JsonNode? member, string name, Func<string, T?> parse, string expected)
            where T : class
        {
            bool isText = member is JsonValue && member.GetValueKind() == JsonValueKind.String;
            T? value = isText && member!.ToString() is { Length: > 0 } text ? parse(text) : null;
            if (value is null)
                Fail(name, Found(member, name), expected);
            return value;
        }

        private string Absolute(string name, string text)
        {
            if (text.StartsWith("~/", StringComparison.Ordinal)
                && reader._input.Variables.GetValueOrDefault("HOME") is { Length: > 0 } home)
            {
                return System.IO.Path.Combine(home, text[2..]);
            }

            bool isOfFile = reader._file is { } file && reader.OriginOf(FieldOf(name)) == file;
            return System.IO.Path.GetFullPath(
                text, isOfFile ? System.IO.Path.GetDirectoryName(reader._file)! : reader._input.Folder);
        }

        private IEnumerable<JsonNode?> Items(string name)
        {
            JsonNode? member = Find(name);
            if (member is not (null or JsonArray))
                Fail(name, Found(member, name), "an array");
            return member as JsonArray ?? [];
        }

        private JsonNode? Find(string name) => Members?[name];

        private string FieldOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

        private string Found(JsonNode? member, string name)
        {
            // A token that ended up in a wrong place is still a secret.
            bool isSecret = FieldOf(name).StartsWith("tokens", StringComparison.Ordinal)
                || FieldOf(name).StartsWith("cluster.database", StringComparison.Ordinal);
            return member switch
            {
                null => "null",
                JsonObject => "an object",
                JsonArray items => $"an array of {items.Count}",
                _ when isSecret => "another value",
                _ when member.GetValueKind() == JsonValueKind.String => $"'{member}'",
                _ => member.ToJsonString(),
            };
        }
    }
}
