using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PlayFair.Cli.Commands;
using PlayFair.Engine.Tests;
using PlayFair.Server;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace PlayFair.Cli.Tests;

/// <summary>The ways to run a cluster in <c>deploy/</c>, against what the program has.</summary>
public sealed partial class ClusterDeploymentTests : IDisposable
{
    private const string MountedSecrets = "/run/secrets/";

    private static readonly string Deploy = Path.Combine(Footage.Checkout, "deploy");

    private readonly string _secrets = Directory.CreateTempSubdirectory("playfair secrets ").FullName;

    public void Dispose() => Directory.Delete(_secrets, recursive: true);

    public static TheoryData<string> Manifests =>
    [
        .. Directory.EnumerateFiles(Deploy, "*.y*ml", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Deploy, file)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Every_manifest_is_YAML_and_names_files_that_are_there(string file)
    {
        List<JsonNode> documents = Yaml(file);
        Assert.NotEmpty(documents);
        string folder = Path.GetDirectoryName(Path.Combine(Deploy, file))!;
        if (file.StartsWith("kubernetes", StringComparison.Ordinal))
        {
            Assert.All(documents, document => Assert.NotNull(document["apiVersion"]));
            Assert.All(documents, document => Assert.NotNull(document["kind"]));
        }

        IEnumerable<string> named = file switch
        {
            _ when file.EndsWith("kustomization.yaml", StringComparison.Ordinal) =>
                Texts(documents[0]["resources"])
                    .Concat(Nodes(documents[0]["patches"]).Select(patch => (string)patch["path"]!)),
            _ when file.StartsWith("compose", StringComparison.Ordinal) =>
                documents[0]["services"]!.AsObject().SelectMany(service => Texts(service.Value!["volumes"]))
                    .Where(volume => volume.StartsWith("./", StringComparison.Ordinal))
                    .Select(volume => volume.Split(':')[0]),
            _ => [],
        };
        Assert.All(named, name => Assert.True(Path.Exists(Path.Combine(folder, name)), name));
    }

    [Fact]
    public void Compose_runs_three_silos_with_all_that_they_need()
    {
        JsonNode compose = Yaml("compose.cluster.yaml")[0];
        JsonObject[] silos =
        [
            .. compose["services"]!.AsObject().Select(service => service.Value!.AsObject())
                .Where(service => Texts(service["command"]).FirstOrDefault() == SiloCommand.Name),
        ];
        Assert.Equal(3, silos.Length);
        Assert.Distinct(silos.Select(silo => (string)silo["hostname"]!));
        Assert.Distinct(silos.SelectMany(silo => Texts(silo["ports"])));
        Assert.All(silos, silo =>
        {
            string[] arguments = [.. Texts(silo["command"])];
            string[] volumes = [.. Texts(silo["volumes"])];
            string mounted = Assert.Single(volumes, volume => volume.Contains(".json:", StringComparison.Ordinal));
            string file = ConfigOf(arguments);
            Assert.EndsWith($":{file}:ro", mounted, StringComparison.Ordinal);

            ServerConfiguration configuration = Read(
                Path.Combine(Deploy, mounted.Split(':')[0]), silo["environment"]!.AsObject()
                    .ToDictionary(variable => variable.Key, variable => (string)variable.Value!));
            Assert.Equal(ReadSecrets, Texts(silo["secrets"]).Order(StringComparer.Ordinal));
            Assert.Empty(Texts(silo["secrets"]).Except(compose["secrets"]!.AsObject().Select(secret => secret.Key)));
            Assert.NotNull(configuration.Cluster.Database);
            Assert.EndsWith(
                $":{configuration.Address.Port}", Assert.Single(Texts(silo["ports"])), StringComparison.Ordinal);
            string source = Assert.Single(configuration.Sources.Folders);
            Assert.Contains(volumes, volume => volume.EndsWith($":{source}:ro", StringComparison.Ordinal));
            Assert.True(Seconds((string)silo["stop_grace_period"]!) > SiloCommand.StopTimeout.TotalSeconds);
        });

        string dockerfile = File.ReadAllText(Path.Combine(Deploy, "Dockerfile"));
        Assert.Contains("EXPOSE 5080\n", dockerfile, StringComparison.Ordinal);
        Assert.EndsWith(":5080", Texts(silos[0]["ports"]).Single(), StringComparison.Ordinal);
        JsonNode prometheus = Yaml("prometheus.yml")[0]["scrape_configs"]![0]!["dns_sd_configs"]![0]!;
        Assert.Equal("5080", (string)prometheus["port"]!);
        Assert.All(
            silos,
            silo => Assert.Equal(Texts(prometheus["names"]), Texts(silo["networks"]!["default"]!["aliases"])));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("kubernetes/gpu/gpu.yaml")]
    public void Kubernetes_runs_silos_with_all_that_they_need(string? patch)
    {
        JsonNode kustomization = Yaml("kubernetes/kustomization.yaml")[0];
        JsonNode pod = Yaml("kubernetes/silos/statefulset.yaml")[0]["spec"]!["template"]!["spec"]!;
        JsonNode silo = pod["containers"]![0]!;
        List<JsonNode> variables = [.. Nodes(silo["env"])];
        var images = Nodes(kustomization["images"]).Select(image => (string)image["name"]!);
        string image = (string)silo["image"]!;
        if (patch is not null)
        {
            JsonNode patched = Yaml(patch)[0]["spec"]!["template"]!["spec"]!["containers"]![0]!;
            Assert.Equal((string)silo["name"]!, (string)patched["name"]!);
            variables.AddRange(Nodes(patched["env"]));
            image = (string)patched["image"]!;
        }

        Assert.Contains(image, images);
        string[] arguments = [.. Texts(silo["args"])];
        JsonNode[] mounts = [.. Nodes(silo["volumeMounts"])];
        string Mount(string volume) => (string)mounts.Single(mount => (string)mount["name"]! == volume)["mountPath"]!;
        Assert.Equal($"{Mount("configuration")}/playfair.json", ConfigOf(arguments));
        Assert.Empty(mounts.Select(mount => (string)mount["name"]!)
            .Except(Nodes(pod["volumes"]).Select(volume => (string)volume["name"]!)));

        ServerConfiguration configuration = Read(
            Path.Combine(Deploy, "kubernetes/playfair.json"),
            variables.ToDictionary(
                variable => (string)variable["name"]!,
                variable => (string?)variable["value"] ?? ValueFrom(variable["valueFrom"]!)));
        Assert.Equal(
            ("playfair-0", "10.1.2.3", 2.0, patch is null ? null : "cuda"),
            (configuration.Cluster.Silo, configuration.Cluster.Advertise.ToString(),
                configuration.Cluster.CapacityCores, configuration.Cluster.Accelerator));
        Assert.NotNull(configuration.Cluster.Database);
        Assert.Equal([Mount("videos")], configuration.Sources.Folders);
        Assert.Equal($"{MountedSecrets}playfair", Mount("secrets"));
        Assert.Equal(
            ReadSecrets,
            Texts(kustomization["secretGenerator"]![0]!["files"])
                .Select(file => $"playfair/{Path.GetFileName(file)}").Order(StringComparer.Ordinal));

        var ports = Nodes(silo["ports"])
            .ToDictionary(port => (string)port["name"]!, port => int.Parse((string)port["containerPort"]!));
        Assert.Equal((configuration.Address.Port, configuration.Cluster.SiloPort), (ports["http"], ports["silo"]));
        foreach ((string probe, string path) in new[]
        {
            ("startupProbe", "/health/ready"), ("livenessProbe", "/health/live"), ("readinessProbe", "/health/ready"),
        })
        {
            JsonNode asked = silo[probe]!["httpGet"]!;
            Assert.Equal((path, "http"), ((string)asked["path"]!, (string)asked["port"]!));
        }

        double grace = double.Parse((string)pod["terminationGracePeriodSeconds"]!);
        double before = double.Parse((string)silo["lifecycle"]!["preStop"]!["sleep"]!["seconds"]!);
        Assert.True(grace > before + SiloCommand.StopTimeout.TotalSeconds);
    }

    [Fact]
    public void Kubernetes_finds_the_silos_and_lets_nobody_else_speak_to_their_ports()
    {
        JsonNode set = Yaml("kubernetes/silos/statefulset.yaml")[0]["spec"]!;
        JsonNode labels = set["template"]!["metadata"]!["labels"]!;
        Assert.True(JsonNode.DeepEquals(set["selector"]!["matchLabels"], labels));
        const string name = "app.kubernetes.io/name";
        JsonObject silos = new() { [name] = (string)labels[name]! };
        List<JsonNode> services = Yaml("kubernetes/services.yaml");
        Assert.Contains(services, service => (string)service["metadata"]!["name"]! == (string)set["serviceName"]!);
        Assert.All(services, service => Assert.True(JsonNode.DeepEquals(silos, service["spec"]!["selector"])));
        Assert.Equal(
            ["http", "silo"], services.Select(service => (string)service["spec"]!["ports"]![0]!["targetPort"]!));
        Assert.True(JsonNode.DeepEquals(
            silos, Yaml("kubernetes/disruption.yaml")[0]["spec"]!["selector"]!["matchLabels"]));

        JsonNode policy = Yaml("kubernetes/network.yaml")[0]["spec"]!;
        Assert.True(JsonNode.DeepEquals(silos, policy["podSelector"]!["matchLabels"]));
        JsonNode rule = Assert.Single(
            Nodes(policy["ingress"]), rule => Nodes(rule["ports"]).Any(port => (string)port["port"]! == "silo"));
        Assert.True(JsonNode.DeepEquals(
            silos, Assert.Single(Nodes(rule["from"]))["podSelector"]!["matchLabels"]));
    }

    [Fact]
    public void Systemd_runs_a_silo_and_waits_for_it_to_drain()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Deploy, "systemd/silo.conf"));
        string Value(string key) =>
            lines.Last(line => line.StartsWith($"{key}=", StringComparison.Ordinal))[(key.Length + 1)..];
        string[] command = Value("ExecStart").Split(' ');
        Assert.Equal("playfair", Path.GetFileName(command[0]));
        Assert.Equal("/etc/playfair/playfair.json", ConfigOf(command[1..]));
        Assert.True(double.Parse(Value("TimeoutStopSec")) > SiloCommand.StopTimeout.TotalSeconds);
        string[] variable = Value("Environment").Split('=');
        ServerConfiguration configuration = Read(
            Path.Combine(Deploy, "systemd/playfair.json"),
            new() { [variable[0]] = variable[1].Replace("%d/", MountedSecrets, StringComparison.Ordinal) });
        Assert.NotNull(configuration.Cluster.Database);
        Assert.StartsWith("database:", Value("LoadCredential"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kustomize_makes_silos_on_processors_and_on_GPUs()
    {
        string? kubectl = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(kubectl is null, "kubectl is not installed");
        string source = Path.Combine(Deploy, "kubernetes"), folder = Path.Combine(_secrets, "kubernetes");
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllText(copy, File.ReadAllText(file).Replace("# - gpu", "- gpu", StringComparison.Ordinal));
        }

        foreach (string secret in (string[])["database", "manage", "view"])
            File.WriteAllText(Path.Combine(folder, "secrets", secret), "secret");
        using Process run = Process.Start(new ProcessStartInfo(kubectl!, ["kustomize", folder])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        string made = await run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, run.ExitCode);

        JsonNode[] sets = [.. Documents(made).Where(document => (string)document["kind"]! == "StatefulSet")];
        Assert.Equal(["playfair", "playfair-gpu"], sets.Select(set => (string)set["metadata"]!["name"]!));
        Assert.Distinct(sets.Select(set => set["spec"]!["selector"]!.ToJsonString()));
        JsonNode pod = sets[1]["spec"]!["template"]!["spec"]!;
        Assert.NotNull(pod["nodeSelector"]);
        Assert.Equal("1", (string)pod["containers"]![0]!["resources"]!["limits"]!["nvidia.com/gpu"]!);
        string[] variables = [.. Nodes(pod["containers"]![0]!["env"]).Select(variable => (string)variable["name"]!)];
        Assert.Contains("PLAYFAIR__DEVICE", variables);
        Assert.Contains("PLAYFAIR__CLUSTER__SILO", variables);
    }

    /// <summary>The configuration that a command line of the program names; the program takes all of it.</summary>
    private static string ConfigOf(string[] arguments)
    {
        ParseResult parsed = new RootCommand { SiloCommand.Create() }.Parse(arguments);
        Assert.Empty(parsed.Errors);
        Assert.Equal(SiloCommand.Name, parsed.CommandResult.Command.Name);
        string? file = parsed.GetValue<string>("--config");
        Assert.NotNull(file);
        return file;
    }

    /// <summary>The secrets of which configurations were read, in order.</summary>
    private IEnumerable<string> ReadSecrets =>
        Directory.EnumerateFiles(_secrets, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_secrets, file)).Where(file => file != "playfair.json")
            .Order(StringComparer.Ordinal);

    /// <summary>Reads a configuration as the program would where its secrets are mounted.</summary>
    private ServerConfiguration Read(string file, Dictionary<string, string> variables)
    {
        string json = File.ReadAllText(file);
        foreach (Match secret in SecretPath().Matches(string.Join('\n', variables.Values.Prepend(json))))
        {
            string path = Path.Combine(_secrets, secret.Value[MountedSecrets.Length..]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(
                path, path.EndsWith("database", StringComparison.Ordinal) ? "Host=db" : $"{Guid.NewGuid():N}");
        }

        string copy = Path.Combine(_secrets, "playfair.json");
        File.WriteAllText(copy, json.Replace(MountedSecrets, $"{_secrets}/", StringComparison.Ordinal));
        return ConfigurationReader.Read(new ConfigurationInput
        {
            File = copy,
            Variables = variables
                .Append(new("HOME", "/home/app"))
                .ToDictionary(
                    variable => variable.Key,
                    variable => variable.Value.Replace(MountedSecrets, $"{_secrets}/", StringComparison.Ordinal)),
        });
    }

    private static string ValueFrom(JsonNode source) => source.ToJsonString() switch
    {
        """{"fieldRef":{"fieldPath":"metadata.name"}}""" => "playfair-0",
        """{"fieldRef":{"fieldPath":"status.podIP"}}""" => "10.1.2.3",
        """{"resourceFieldRef":{"containerName":"playfair","resource":"requests.cpu"}}""" => "2",
        var other => throw new InvalidOperationException(other),
    };

    private static double Seconds(string duration) => double.Parse(duration.TrimEnd('s'), CultureInfo.InvariantCulture);

    private static IEnumerable<string> Texts(JsonNode? array) => Nodes(array).Select(item => (string)item!);

    private static IEnumerable<JsonNode> Nodes(JsonNode? array) => array?.AsArray().Select(item => item!) ?? [];

    private static List<JsonNode> Yaml(string file) => Documents(File.ReadAllText(Path.Combine(Deploy, file)));

    /// <summary>The documents of a YAML text, all their values as texts.</summary>
    private static List<JsonNode> Documents(string yaml)
    {
        IDeserializer reader = new DeserializerBuilder().WithDuplicateKeyChecking().Build();
        var documents = new List<JsonNode>();
        var parser = new MergingParser(new Parser(new StringReader(yaml)));
        parser.Consume<YamlDotNet.Core.Events.StreamStart>();
        while (parser.Accept<YamlDotNet.Core.Events.DocumentStart>(out _))
            documents.Add(Node(reader.Deserialize<object>(parser)));
        return documents;

        static JsonNode Node(object value) => value switch
        {
            Dictionary<object, object> map =>
                new JsonObject(map.Select(pair => KeyValuePair.Create($"{pair.Key}", (JsonNode?)Node(pair.Value)))),
            List<object> list => new JsonArray([.. list.Select(item => Node(item))]),
            _ => JsonValue.Create($"{value}"),
        };
    }

    [GeneratedRegex("/run/secrets/[a-z_/]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SecretPath();
}
