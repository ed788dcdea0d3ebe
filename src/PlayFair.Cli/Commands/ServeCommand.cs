using System.Collections;
using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Models;
using PlayFair.Server;
using PlayFair.Video;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair serve</c>: videos attributed while they play, over HTTP.</summary>
internal static class ServeCommand
{
    private static readonly Argument<string[]> Videos = new("video")
    {
        Description = "Files and addresses to attribute from the start; their ids are made of their names.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string?> Config = new("--config")
    {
        Description = $"The configuration (docs/server.md). Default: {ConfigurationReader.DefaultFile} here, if any.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Listen = new("--listen")
    {
        Description = $"Where to listen. Default: {ListenAddress.Default}. Any other than loopback needs a token.",
        HelpName = "URL",
    };

    private static readonly Option<string?> Store = new("--store")
    {
        Description = "The database; 'none' keeps nothing. Default: playfair/playfair.db in $XDG_STATE_HOME or "
            + "~/.local/state.",
        HelpName = "FILE|none",
    };

    private static readonly Option<bool> Demo = new("--demo")
    {
        Description = "Add sample videos, looped, and a synthetic camera.",
    };

    private static readonly Option<string[]> Folders = new("--folder")
    {
        Description = "Files in this folder may be opened. May be given several times.",
        HelpName = "DIR",
    };

    private static readonly Option<string[]> ModelNames = new("--model", "-m")
    {
        Description = "A model package for videos to name, by name or folder; may be given several times, the first is "
            + "the default. Default: all that are installed.",
        HelpName = "NAME",
    };

    private static readonly Option<bool> PrintConfig = new("--print-config")
    {
        Description = "Write the configuration that is in force, secrets as ***, and end.",
    };

    public static Command Create()
    {
        var command = new Command(
            "serve",
            "Attribute videos while they play, and serve what comes of it over HTTP.\n\n"
            + "Examples:\n"
            + "  playfair serve --demo\n"
            + "  playfair serve clip.mp4 rtsp://camera/1\n"
            + "  playfair serve --folder /srv/videos --store none\n\n"
            + "Ctrl-C (or SIGTERM) stops it within five seconds, with nothing lost; SIGHUP reads the configured "
            + "videos again.")
        {
            Videos, Config, Listen, Store, Demo, Folders, ModelNames, PrintConfig,
        };
        // On another thread from the start: Ctrl-C is watched for only once the action has returned its task.
        command.SetAction((arguments, cancellationToken) => Task.Run(
            () => RunAsync(arguments, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        ServerConfiguration configuration;
        try
        {
            configuration = Read(arguments);
        }
        catch (ConfigurationException wrong)
        {
            foreach (ConfigurationProblem problem in wrong.Problems)
                Terminals.TellError(problem.ToString());
            return ExitCode.Usage;
        }

        if (arguments.GetValue(PrintConfig))
        {
            Console.WriteLine(configuration.ToJson(VideoSource.Redact));
            return ExitCode.Success;
        }

        var named = new NamedVideos();
        string[] videos = arguments.GetValue(Videos) ?? [];
        UnknownOption.Refuse(arguments, videos, except: File.Exists);
        foreach (string video in videos)
            named.Add(video);
        if (arguments.GetValue(Demo))
            named.AddDemo();
        VideoServiceOptions options = Options(configuration, named, arguments.GetValue(ModelNames) ?? []);
        CheckPort(configuration.Address);
        MakeFolder(options.StorePath);
        await using EmbeddedVideoService service = await EmbeddedVideoService.StartAsync(options, cancellationToken);
        await using WebApplication server = PlayFairServer.Create(configuration, service);
        await AddAsync(server, service, configuration, named, cancellationToken);
        try
        {
            await server.StartAsync(cancellationToken);
        }
        catch (IOException failure)
        {
            throw CannotListen(configuration.Address, failure);
        }

        if (configuration.LogFormat == LogFormat.Text)
            await TellAsync(server, service, configuration, options);
        using PosixSignalRegistration? hangup = OperatingSystem.IsWindows() ? null : ReloadOnHangup(server);
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await server.StopAsync(CancellationToken.None);
        return ExitCode.Success;
    }

    private static ServerConfiguration Read(ParseResult arguments)
    {
        var flags = new List<ConfigurationFlag>();
        if (arguments.GetValue(Listen) is { } listen)
            flags.Add(new("--listen", "listen", listen));
        if (arguments.GetValue(Store) is { } store)
            flags.Add(new("--store", "store.path", store));
        if (arguments.GetValue(Folders) is { Length: > 0 } folders)
        {
            var names = new JsonArray([.. folders.Select(folder => (JsonNode)folder)]);
            flags.Add(new("--folder", "sources.folders", names));
        }

        return ConfigurationReader.Read(new ConfigurationInput
        {
            File = arguments.GetValue(Config),
            Variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "", StringComparer.Ordinal),
            Flags = flags,
        });
    }

    private static VideoServiceOptions Options(ServerConfiguration configuration, NamedVideos named, string[] models)
    {
        List<ModelPackage> packages = models.Length > 0
            ? [.. models.Select(ModelFolders.Load)]
            : [.. Packages(configuration.Models ?? ModelFolders.Root).Select(ModelPackage.Load)];
        bool hasUsual = models.Length == 0 && packages.Exists(package => package.Name == ModelFolders.DefaultModel);
        string first = configuration.DefaultModel ?? (hasUsual ? ModelFolders.DefaultModel : packages[0].Name);
        if (packages.TrueForAll(package => package.Name != first))
        {
            throw new UsageException(
                $"defaultModel is '{first}'; expected one of: "
                + $"{string.Join(", ", packages.Select(package => package.Name))}.");
        }

        if (packages.CountBy(package => package.Name).FirstOrDefault(count => count.Value > 1) is { Value: > 1 } twice)
        {
            throw new UsageException(
                $"There are {twice.Value} model packages named '{twice.Key}'; name one of them with --model.");
        }


        SourcesConfiguration sources = configuration.Sources;
        return new VideoServiceOptions
        {
            Models = packages,
            DefaultModel = first,
            StorePath = configuration.Store.Path,
            Store = new StoreOptions { MaxAge = configuration.Store.MaxAge, MaxBytes = configuration.Store.MaxBytes },
            Sources = new SourcePolicy
            {
                Folders = sources.Folders,
                Files = named.Files,
                Kinds = sources.Kinds is { } kinds
                    ? [.. kinds.Select(kind => Enum.Parse<SourceKind>(kind, ignoreCase: true))]
                    : null,
                PrivateAddresses = Enum.Parse<PrivateAddresses>(sources.PrivateAddresses, ignoreCase: true),
            },
            MaxVideos = configuration.Limits.Videos,
            MaxSubscribers = configuration.Limits.Subscribers,
        };
    }

    private static List<string> Packages(string root)
    {
        List<string> folders = Directory.Exists(root)
            ? [.. Directory.EnumerateDirectories(root).Where(folder => File.Exists(Path.Combine(folder, "model.json")))
                .Order(StringComparer.Ordinal)]
            : [];
        return folders.Count > 0
            ? folders
            : throw new UsageException(
                $"There are no model packages in '{root}'; name their folder in models or {ModelFolders.Variable}.");
    }

    /// <summary>Sees that nobody else listens there before the store is opened and videos are started.</summary>
    private static void CheckPort(ListenAddress address)
    {
        IPAddress ip = address.Host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any,
            _ => IPAddress.Parse(address.Host),
        };
        try
        {
            using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // Of both families, as the server will.
            if (ip.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(new IPEndPoint(ip, address.Port));
        }
        catch (SocketException failure)
        {
            throw CannotListen(address, failure);
        }
    }

    private static ListenException CannotListen(ListenAddress address, Exception cause)
    {
        SocketError? error = (cause as SocketException ?? cause.GetBaseException() as SocketException)?.SocketErrorCode;
        string reason = error switch
        {
            SocketError.AddressAlreadyInUse => "another program, perhaps another playfair, listens there",
            SocketError.AccessDenied => "this user may not; ports below 1024 need a privilege",
            SocketError.AddressNotAvailable => "this machine has no such address",
            _ => cause.GetBaseException().Message.TrimEnd('.'),
        };
        return new ListenException($"Cannot listen on {address}: {reason}. Choose another with --listen.", cause);
    }

    /// <summary>Makes the store's folder, for its user only.</summary>
    private static void MakeFolder(string? storePath)
    {
        if (Path.GetDirectoryName(storePath) is not { Length: > 0 } folder)
            return;
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(
                    folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(
                $"The store's folder '{folder}' cannot be made: {failure.Message.TrimEnd('.')}. Name another with "
                + "--store, or keep nothing with --store none.", failure);
        }
    }

    /// <summary>Adds the videos of the file and of the command line, or changes those that are there already.</summary>
    private static async Task AddAsync(
        WebApplication server, EmbeddedVideoService service, ServerConfiguration configuration, NamedVideos named,
        CancellationToken cancellationToken)
    {
        ReloadReport report = await server.Services.GetRequiredService<ConfiguredVideos>()
            .ApplyAsync(configuration.Videos, cancellationToken);
        if (report.Failed is [{ } first, ..])
            throw new UsageException($"Video '{first.Video}' of {configuration.File}: {first.Detail}");

        var known = (await service.ListAsync(cancellationToken)).Select(video => video.Definition.Id)
            .ToHashSet(StringComparer.Ordinal);
        foreach (VideoDefinition definition in named.Definitions)
        {
            try
            {
                _ = known.Contains(definition.Id)
                    ? await service.ChangeAsync(definition, cancellationToken)
                    : await service.AddAsync(definition, cancellationToken);
            }
            catch (VideoServiceException refusal)
            {
                throw new UsageException($"Video '{definition.Id}': {refusal.Message}");
            }
        }
    }

    private static PosixSignalRegistration ReloadOnHangup(WebApplication server)
    {
        ConfiguredVideos videos = server.Services.GetRequiredService<ConfiguredVideos>();
        ILogger log = server.Services.GetRequiredService<ILoggerFactory>().CreateLogger("PlayFair.Reload");
        return PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            // Not the signal's default, which ends the process.
            signal.Cancel = true;
            _ = ReloadAsync();
        });

        async Task ReloadAsync()
        {
            try
            {
                await videos.ReloadAsync();
            }
            catch (Exception failure)
            {
                log.LogError("The videos are as they were: {Reason}", failure.Message);
            }
        }
    }

    /// <summary>Says what runs where, and how to go on.</summary>
    private static async Task TellAsync(
        WebApplication server, EmbeddedVideoService service, ServerConfiguration configuration, VideoServiceOptions options)
    {
        string url = server.Urls.First();
        string reach = configuration.Address.IsLocal ? "this machine only" : "whoever has a token";
        List<string> ids = [.. (await service.ListAsync()).Select(video => video.Definition.Id)];
        // What listens on all addresses is reached by this one here.
        string local = url.Replace("[::]", "127.0.0.1", StringComparison.Ordinal)
            .Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        bool isStandard = configuration.Address == ListenAddress.Default;
        string at = isStandard ? "" : $" --url {local}";
        string header = configuration.Tokens.Count == 0 ? "" : " -H \"Authorization: Bearer $PLAYFAIR_TOKEN\"";
        string sample = ids.Count > 0 ? ids[0] : "ID";
        string files = options.Sources.Folders is { Count: > 0 } folders
            ? $"files in {string.Join(", ", folders.Select(OrMissing))}"
            : "no folder";
        string also = options.Sources.Files.Count > 0 ? ", and those named at the start" : "";
        string kinds = configuration.Sources.Kinds is { } some ? string.Join(", ", some) : "all kinds of sources";
        (string Name, string Text)[] lines =
        [
            ("open", $"{local} in a browser: the dashboard"),
            ("videos", ids.Count > 0 ? string.Join(", ", ids) : "none yet"),
            ("add", $"playfair videos add SOURCE --id ID{at}"),
            ("watch", $"playfair watch {sample}{at}"),
            ("", $"curl -N{header} '{local}/api/v1/events?video={sample}'"),
            ("API", $"{local}/openapi/v1.json; docs/server.md"),
            ("store", options.StorePath ?? "nothing is kept"),
            ("models", string.Join(", ", service.Models.Select(
                model => model.IsDefault ? $"{model.Name} (default)" : model.Name))),
            ("allowed", $"{files}{also}; {kinds}"),
            ("stop", "Ctrl-C"),
        ];
        static string OrMissing(string folder) => Directory.Exists(folder) ? folder : $"{folder} (does not exist yet)";

        try
        {
            Console.WriteLine($"PlayFair {PlayFairServer.Version} listens on {url}, for {reach}.");
            foreach ((string name, string text) in lines)
                Console.WriteLine($"  {name,-8} {Terminals.OneLine(text)}");
        }
        catch (IOException)
        {
            // Nobody reads it; the server runs all the same.
        }
    }
}
