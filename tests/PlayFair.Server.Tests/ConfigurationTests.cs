using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using PlayFair.Contracts;
using PlayFair.Inference;

namespace PlayFair.Server.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private const string Secret = "0123456789abcdef-secret";

    private readonly string _folder = Directory.CreateTempSubdirectory("playfair ").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Without_anything_the_defaults_hold()
    {
        ServerConfiguration configuration = Read(null, ("HOME", "/home/ada"));
        Assert.Equal("http://127.0.0.1:5080", configuration.Address.ToString());
        Assert.Empty(configuration.Tokens);
        Assert.Equal("/home/ada/.local/state/playfair/playfair.db", configuration.Store.Path);
        Assert.Equal((64, 2000), (configuration.Limits.Videos, configuration.Limits.Subscribers));
        Assert.Equal("named", configuration.Sources.PrivateAddresses);
        Assert.Empty(configuration.Sources.Folders);
        Assert.Null(configuration.Otlp.Endpoint);
        Assert.Equal(InferenceDevice.Cpu, configuration.Device);
        Assert.Equal(
            new ClusterConfiguration { Silo = Environment.MachineName, CapacityCores = Environment.ProcessorCount },
            configuration.Cluster);
        Assert.Equal("/state/playfair/playfair.db", Read(null, ("HOME", "/x"), ("XDG_STATE_HOME", "/state")).Store.Path);
    }

    [Fact]
    public void A_file_sets_everything_and_its_paths_are_relative_to_it()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "secrets"));
        File.WriteAllText(Path.Combine(_folder, "secrets", "view"), $"{Secret}\n");
        File.WriteAllText(Path.Combine(_folder, "secrets", "database"), "Host=db;Password=secret\n");
        ServerConfiguration configuration = Read(
            """
            {
              // Comments and trailing commas are fine.
              "listen": "http://*:8080",
              "tokens": [
                { "name": "ops", "token": "0123456789abcdef-manage", "role": "manage" },
                { "name": "tv", "tokenFile": "secrets/view", "role": "view" },
              ],
              "corsOrigins": ["https://dashboard.example"],
              "store": { "path": "data/playfair.db", "maxAge": "7d", "maxBytes": "2GiB" },
              "models": "models", "defaultModel": "moves-trn", "device": "cuda:1",
              "sources": { "folders": ["videos", "/srv/videos"], "kinds": ["file", "rtsp"], "privateAddresses": "deny" },
              "limits": { "videos": 8, "subscribers": 10, "requestBytes": 4096, "requestsPerSecond": 20 },
              "videos": [{ "id": "door", "source": "rtsp://user:pass@camera/1", "classes": ["top5"] }],
              "otlp": { "endpoint": "http://collector:4318", "protocol": "http" },
              "cluster": {
                "name": "wall", "silo": "wall-0", "databaseFile": "secrets/database", "advertise": "10.0.0.5",
                "siloPort": 12000, "gatewayPort": 30000, "capacityCores": 3.5,
              },
              "logFormat": "json", "logLevel": "debug",
            }
            """);

        Assert.Equal(("*", 8080), (configuration.Address.Host, configuration.Address.Port));
        Assert.Equal([("ops", Role.Manage), ("tv", Role.View)], configuration.Tokens.Select(token => (token.Name, token.Role)));
        Assert.Equal("tv", AccessToken.Find(configuration.Tokens, Secret)!.Name);
        Assert.Equal(Path.Combine(_folder, "data/playfair.db"), configuration.Store.Path);
        Assert.Equal((TimeSpan.FromDays(7), 2L << 30), (configuration.Store.MaxAge, configuration.Store.MaxBytes));
        Assert.Equal([Path.Combine(_folder, "videos"), "/srv/videos"], configuration.Sources.Folders);
        Assert.Equal(["file", "rtsp"], configuration.Sources.Kinds!);
        Assert.Equal((8, 10, 4096, 20), (
            configuration.Limits.Videos, configuration.Limits.Subscribers, configuration.Limits.RequestBytes,
            configuration.Limits.RequestsPerSecond));
        Assert.Equal(["top5"], Assert.Single(configuration.Videos).Classes);
        Assert.Equal(16, configuration.Videos[0].Window);
        Assert.Equal(OtlpProtocol.Http, configuration.Otlp.Protocol);
        Assert.Equal(
            new ClusterConfiguration
            {
                Name = "wall",
                Silo = "wall-0",
                Database = "Host=db;Password=secret",
                Advertise = IPAddress.Parse("10.0.0.5"),
                SiloPort = 12000,
                GatewayPort = 30000,
                CapacityCores = 3.5,
                Accelerator = "cuda",
            },
            configuration.Cluster);
        Assert.Equal((LogFormat.Json, LogLevel.Debug), (configuration.LogFormat, configuration.LogLevel));
        Assert.Equal(Path.Combine(_folder, "playfair.json"), configuration.File);
    }

    [Theory]
    [InlineData("playfair.json", "0.0.0.0", "/data/playfair.db", "/videos")]
    [InlineData("systemd/playfair.json", "127.0.0.1", "/var/lib/playfair/playfair.db", "/srv/videos")]
    public void The_configurations_that_are_deployed_are_right(string file, string host, string store, string folder)
    {
        string json = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "deploy", file));
        // Where the container has its secrets, this machine has none.
        foreach (string secret in (string[])["playfair_manage", "playfair_view"])
        {
            File.WriteAllText(Path.Combine(_folder, secret), $"{Secret}-{secret}\n");
            json = json.Replace($"/run/secrets/{secret}", secret, StringComparison.Ordinal);
        }

        ServerConfiguration configuration = Read(json);

        Assert.Equal((host, 5080), (configuration.Address.Host, configuration.Address.Port));
        Assert.Equal((store, 20_000_000_000), (configuration.Store.Path, configuration.Store.MaxBytes));
        Assert.Equal([folder], configuration.Sources.Folders);
        Assert.Contains(configuration.Videos, video => video.Source == "synthetic:1");
        Assert.Equal(
            configuration.Address.IsLocal ? [] : [Role.Manage, Role.View],
            configuration.Tokens.Select(token => token.Role));
    }

    [Fact]
    public void Variables_override_the_file_and_flags_override_both()
    {
        ConfigurationInput input = Input(
            """{"listen":"http://127.0.0.1:1","limits":{"videos":1,"subscribers":1},"sources":{"folders":["/a","/b"]}}""",
            ("PLAYFAIR__LISTEN", "http://127.0.0.1:2"), ("PLAYFAIR__LIMITS__VIDEOS", "2"),
            ("playfair__limits__subscribers", "2"), ("PLAYFAIR__SOURCES__FOLDERS__1", "c"),
            ("PLAYFAIR__SOURCES__FOLDERS__2", "/d"), ("PLAYFAIR__STORE__MAXAGE", "12h"), ("PLAYFAIR__LOGLEVEL", ""),
            ("PLAYFAIR__TOKENS__0__NAME", "ops"), ("PLAYFAIR__TOKENS__0__TOKEN", Secret),
            ("PLAYFAIR__TOKENS__0__ROLE", "manage"), ("PLAYFAIR__CORSORIGINS", """["https://a.example"]"""),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("PLAYFAIR_MODELS", "/models"), ("PLAYFAIR_TOKEN", "of the client"),
            ("PLAYFAIR__CLUSTER__DATABASE", "Host=db"), ("PLAYFAIR__CLUSTER__SILOPORT", "11112"));
        ServerConfiguration configuration = ConfigurationReader.Read(input with
        {
            Flags = [new("--listen", "listen", "http://127.0.0.1:3"), new("--store", "store.path", "none")],
        });

        Assert.Equal(3, configuration.Address.Port);
        Assert.Equal((2, 2), (configuration.Limits.Videos, configuration.Limits.Subscribers));
        Assert.Equal(["/a", Path.Combine(_folder, "c"), "/d"], configuration.Sources.Folders);
        Assert.Equal((null, TimeSpan.FromHours(12)), (configuration.Store.Path, configuration.Store.MaxAge));
        Assert.Equal("ops", Assert.Single(configuration.Tokens).Name);
        Assert.Equal(["https://a.example"], configuration.CorsOrigins);
        Assert.Equal(("http://collector:4317/", OtlpProtocol.Http), (configuration.Otlp.Endpoint!.ToString(), configuration.Otlp.Protocol));
        Assert.Equal("/models", configuration.Models);
        Assert.Equal(("Host=db", 11112), (configuration.Cluster.Database, configuration.Cluster.SiloPort));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_with_field_origin_and_remedy()
    {
        var failure = Assert.Throws<ConfigurationException>(() => Read(
            $$"""
            {
              "listen": "https://0.0.0.0:5080",
              "tokns": [],
              "tokens": [
                { "name": "a", "token": "{{Secret}}", "tokenFile": "x", "role": "view" },
                { "name": "b", "tokenFile": "missing", "role": "owner" },
                { "token": "short", "rol": "view" },
                "{{Secret}}"
              ],
              "corsOrigins": ["dashboard.example", "https://x.example/path"],
              "store": { "path": "", "maxAge": "a week", "maxBytes": 1000 },
              "sources": { "folders": "/videos", "kinds": ["file", "ftp"], "privateAddresses": "some" },
              "limits": { "videos": 0, "requestBytes": 1.5, "subscriber": 4 },
              "videos": [{ "id": "a", "source": "x", "rate": 8 }, { "id": "b", "source": "x" }, { "id": "b", "source": "y" }, 7],
              "otlp": { "endpoint": "collector", "protocol": "udp" },
              "device": "gpu",
              "cluster": {
                "nam": "x", "name": "a wall", "silo": "", "database": "Host={{Secret}}", "databaseFile": "x",
                "advertise": "0.0.0.0", "siloPort": 0, "gatewayPort": 65536, "capacityCores": -1, "accelerator": "tpu"
              },
              "logFormat": "xml", "logLevel": null
            }
            """,
            ("PLAYFAIR__LIMITS__VIDEOZ", "3"), ("PLAYFAIR__LIMITS__REQUESTSPERSECOND", "fast")));

        string[] fields =
        [
            "listen", "tokns", "tokens[0].token", "tokens[1].tokenFile", "tokens[1].role", "tokens[2].name", "tokens[2].rol",
            "tokens[2].role", "tokens[2].token", "tokens[3]", "corsOrigins[0]", "corsOrigins[1]", "store.path", "store.maxAge",
            "store.maxBytes", "sources.folders", "sources.kinds[1]", "sources.privateAddresses", "limits.videos",
            "limits.requestBytes", "limits.subscriber", "limits.VIDEOZ", "limits.requestsPerSecond", "videos[0].rate",
            "videos[2].id", "videos[3]", "otlp.endpoint", "otlp.protocol", "logFormat", "device", "cluster.nam",
            "cluster.name", "cluster.silo", "cluster.database", "cluster.advertise", "cluster.siloPort",
            "cluster.gatewayPort", "cluster.capacityCores", "cluster.accelerator",
        ];
        Assert.Equal(fields.Order(), failure.Problems.Select(problem => problem.Field).Distinct().Order());
        Assert.DoesNotContain(Secret, failure.Message, StringComparison.Ordinal);
        Assert.Contains(
            "limits.requestsPerSecond (PLAYFAIR__LIMITS__REQUESTSPERSECOND): found 'fast', expected a whole number",
            failure.Message, StringComparison.Ordinal);
        Assert.Contains("openssl rand", failure.Message, StringComparison.Ordinal);
        Assert.All(
            failure.Problems.Where(problem => problem.Field.StartsWith("store", StringComparison.Ordinal)),
            problem => Assert.EndsWith("playfair.json", problem.Origin, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("http://0.0.0.0:5080", false)]
    [InlineData("http://*:5080", false)]
    [InlineData("http://[::]:5080", false)]
    [InlineData("http://192.168.1.5:5080", false)]
    [InlineData("http://127.0.0.1:5080", true)]
    [InlineData("http://127.5.5.5:5080", true)]
    [InlineData("http://localhost:5080", true)]
    [InlineData("http://[::1]:5080", true)]
    public void Where_others_can_connect_there_must_be_a_token(string listen, bool isLocal)
    {
        string json = $$"""{"listen":"{{listen}}"}""";
        Assert.Equal(listen, Read($$"""{"listen":"{{listen}}","tokens":[{"name":"a","token":"{{Secret}}","role":"view"}]}""").Address.ToString());
        if (isLocal)
        {
            Assert.Equal(listen, Read(json).Address.ToString());
            return;
        }

        ConfigurationProblem problem = Assert.Single(Assert.Throws<ConfigurationException>(() => Read(json)).Problems);
        Assert.Equal("tokens", problem.Field);
        Assert.Contains("127.0.0.1", problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db;Password=0123456789abcdef-secret;", null)]
    [InlineData("server=db", null)]
    [InlineData("Password=0123456789abcdef-secret", "without a Host")]
    [InlineData("0123456789abcdef-secret", "no connection string")]
    [InlineData("postgresql://ada:0123456789abcdef-secret@db/playfair", "(postgresql://…)")]
    public void A_database_is_named_by_a_connection_string_which_no_message_shows(string text, string? words)
    {
        string json = new JsonObject { ["cluster"] = new JsonObject { ["database"] = text } }.ToJsonString();
        if (words is null)
        {
            ServerConfiguration configuration = Read(json);
            Assert.Equal(text, configuration.Cluster.Database);
            Assert.DoesNotContain(text, configuration.ToJson(source => source), StringComparison.Ordinal);
            return;
        }

        var failure = Assert.Throws<ConfigurationException>(() => Read(json));
        Assert.Equal("cluster.database", Assert.Single(failure.Problems).Field);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"cluster":{"siloPort":5080}}""", "cluster.siloPort")]
    [InlineData("""{"listen":"http://127.0.0.1:30000","cluster":{"gatewayPort":30000}}""", "cluster.gatewayPort")]
    [InlineData("""{"cluster":{"gatewayPort":11111}}""", "cluster.gatewayPort")]
    public void Each_port_of_a_silo_is_its_own(string json, string field) =>
        Assert.Equal(field, Assert.Single(Assert.Throws<ConfigurationException>(() => Read(json)).Problems).Field);

    [Theory]
    [InlineData("""{"device":"cuda"}""", "cuda")]
    [InlineData("""{"device":"CUDA:2"}""", "cuda")]
    [InlineData("""{"device":"cuda","cluster":{"accelerator":"none"}}""", null)]
    [InlineData("""{"cluster":{"accelerator":"cuda"}}""", "cuda")]
    [InlineData("{}", null)]
    public void A_silo_has_the_accelerator_of_its_device_unless_told_otherwise(string json, string? accelerator) =>
        Assert.Equal(accelerator, Read(json).Cluster.Accelerator);

    [Theory]
    [InlineData("http://example.org:80")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:5080/path")]
    [InlineData("http://user:pass@127.0.0.1:5080")]
    [InlineData("127.0.0.1:5080")]
    [InlineData("http://*")]
    [InlineData("http://*:port")]
    [InlineData("")]
    public void An_address_that_is_none_is_refused(string listen) =>
        Assert.Equal("listen", Assert.Single(Assert.Throws<ConfigurationException>(
            () => Read($$"""{"listen":"{{listen}}"}""")).Problems).Field);

    [Theory]
    [InlineData("{", "not JSON at line 1")]
    [InlineData("{\n\"listen\": 1,\n\"listen\": 2 }", "not JSON")]
    [InlineData("[]", "an object of settings")]
    public void A_file_that_is_no_configuration_is_refused(string json, string words) =>
        Assert.Contains(words, Assert.Throws<ConfigurationException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_was_named_must_exist()
    {
        var failure = Assert.Throws<ConfigurationException>(() => ConfigurationReader.Read(
            new ConfigurationInput { File = "nowhere.json", Folder = _folder }));
        Assert.Contains(Path.Combine(_folder, "nowhere.json"), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_in_force_is_shown_without_secrets_and_reads_back_as_it_is()
    {
        ServerConfiguration configuration = Read(
            $$"""
            {
              "tokens": [{ "name": "ops", "token": "{{Secret}}", "role": "manage" }],
              "store": { "maxAge": "36h", "maxBytes": 1048576 },
              "videos": [{ "id": "door", "source": "rtsp://user:pass@camera/1" }]
            }
            """,
            ("HOME", "/home/ada"));

        string shown = configuration.ToJson(_ => "rtsp://***@camera/1");

        Assert.DoesNotContain(Secret, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("pass", shown, StringComparison.Ordinal);
        JsonNode root = JsonNode.Parse(shown)!;
        Assert.Equal("***", root["tokens"]![0]!["token"]!.GetValue<string>());
        root["tokens"]![0]!["token"] = Secret;
        ServerConfiguration again = Read(root.ToJsonString());
        Assert.Equal(configuration.Store, again.Store);
        Assert.Equal(configuration.Limits, again.Limits);
        Assert.Equal((configuration.Device, configuration.Cluster), (again.Device, again.Cluster));
        Assert.Equal("rtsp://***@camera/1", again.Videos[0].Source);
        Assert.Equal(JsonSerializer.Serialize(configuration.Address), JsonSerializer.Serialize(again.Address));
    }

    private ServerConfiguration Read(string? json, params (string Name, string Value)[] variables) =>
        ConfigurationReader.Read(Input(json, variables));

    private ConfigurationInput Input(string? json, params (string Name, string Value)[] variables)
    {
        if (json is not null)
            File.WriteAllText(Path.Combine(_folder, "playfair.json"), json);
        var all = new Dictionary<string, string> { ["HOME"] = "/home/nobody" };
        foreach ((string name, string value) in variables)
            all[name] = value;
        return new ConfigurationInput { Folder = _folder, Variables = all };
    }
}
