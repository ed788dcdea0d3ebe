using System.Collections;
using System.CommandLine;
using System.Text.Json.Nodes;
using PlayFair.Engine;
using PlayFair.Inference;
using PlayFair.Models;
using PlayFair.Server;
using PlayFair.Video;

namespace PlayFair.Cli.Commands;

/// <summary>What every command that serves takes: videos to run, and what to change of the configuration.</summary>
internal sealed class ServingArguments
{
    private readonly Argument<string[]> _videos = new("video")
    {
        Description = "Files and addresses to attribute from the start; their ids are made of their names.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _config = new("--config")
    {
        Description = $"The configuration (docs/server.md). Default: {ConfigurationReader.DefaultFile} here, if any.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _demo = new("--demo")
    {
        Description = "Add sample videos, looped, and a synthetic camera.",
    };

    private readonly Option<string[]> _folders = new("--folder")
    {
        Description = "Files in this folder may be opened. May be given several times.",
        HelpName = "DIR",
    };

    private readonly Option<string[]> _models = new("--model", "-m")
    {
        Description = "A model package for videos to name, by name or folder; may be given several times, the first is "
            + "the default. Default: all that are installed.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _printConfig = new("--print-config")
    {
        Description = "Write the configuration that is in force, secrets as ***, and end.",
    };

    /// <summary>Options that set something of the configuration, by what they set.</summary>
    private readonly Dictionary<string, Option<string?>> _settings = new(StringComparer.Ordinal)
    {
        ["listen"] = new("--listen")
        {
            Description = $"Where to listen. Default: {ListenAddress.Default}. Any other than loopback needs a token.",
            HelpName = "URL",
        },
        ["store.path"] = new("--store")
        {
            Description = "The database; 'none' keeps nothing. Default: playfair/playfair.db in $XDG_STATE_HOME or "
                + "~/.local/state.",
            HelpName = "FILE|none",
        },
        ["device"] = new("--device")
        {
            Description = "Where the backbone and an ONNX head run: cpu, cuda or cuda:INDEX. Default: cpu.",
            HelpName = "DEVICE",
        },
    };

    /// <param name="more">Further options, by the setting that each is.</param>
    public ServingArguments(params IEnumerable<(string Setting, Option<string?> Option)> more)
    {
        foreach ((string setting, Option<string?> option) in more)
            _settings.Add(setting, option);
    }

    public void AddTo(Command command)
    {
        command.Add(_videos);
        foreach (Option option in new Option[] { _config, _demo, _folders, _models })
            command.Add(option);
        foreach (Option option in _settings.Values)
            command.Add(option);
        command.Add(_printConfig);
    }

    public bool PrintsConfiguration(ParseResult arguments) => arguments.GetValue(_printConfig);

    /// <summary>What an option says of a setting; null where it was not given.</summary>
    public string? Given(ParseResult arguments, string setting) => arguments.GetValue(_settings[setting]);

    /// <exception cref="ConfigurationException">It is wrong.</exception>
    public ServerConfiguration Read(ParseResult arguments)
    {
        var flags = new List<ConfigurationFlag>();
        foreach ((string setting, Option<string?> option) in _settings)
        {
            if (arguments.GetValue(option) is { } value)
                flags.Add(new(option.Name, setting, value));
        }

        if (arguments.GetValue(_folders) is { Length: > 0 } folders)
        {
            var names = new JsonArray([.. folders.Select(folder => (JsonNode)folder)]);
            flags.Add(new(_folders.Name, "sources.folders", names));
        }

        return ConfigurationReader.Read(new ConfigurationInput
        {
            File = arguments.GetValue(_config),
            Variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
                .ToDictionary(pair => (string)pair.Key, pair => (string?)pair.Value ?? "", StringComparer.Ordinal),
            Flags = flags,
        });
    }

    /// <exception cref="UsageException">One of them is none.</exception>
    public NamedVideos Named(ParseResult arguments)
    {
        var named = new NamedVideos();
        string[] videos = arguments.GetValue(_videos) ?? [];
        UnknownOption.Refuse(arguments, videos, except: File.Exists);
        foreach (string video in videos)
            named.Add(video);
        if (arguments.GetValue(_demo))
            named.AddDemo();
        return named;
    }

    /// <exception cref="UsageException">Several model packages have one name, or none has the default's.</exception>
    public VideoServiceOptions Options(ParseResult arguments, ServerConfiguration configuration, NamedVideos named)
    {
        string[] models = arguments.GetValue(_models) ?? [];
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
            Inference = new InferenceOptions { Device = configuration.Device },
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
}
