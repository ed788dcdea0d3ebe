using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PlayFair.Cli.Commands;
using PlayFair.Contracts;
using PlayFair.Engine;
using PlayFair.Server;
using PlayFair.Video;

namespace PlayFair.Cli;

/// <summary>Starts a video service.</summary>
internal delegate Task<StartedService> StartService(
    ServerConfiguration configuration, VideoServiceOptions options, CancellationToken cancellationToken);

/// <summary>A video service behind an HTTP server, until it is told to stop; whichever the service is.</summary>
internal static class Serving
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(
        ParseResult arguments, ServingArguments serving, StartService startAsync, CancellationToken cancellationToken)
    {
        ServerConfiguration configuration;
        try
        {
            configuration = serving.Read(arguments);
        }
        catch (ConfigurationException wrong)
        {
            foreach (ConfigurationProblem problem in wrong.Problems)
                Terminals.TellError(problem.ToString());
            return ExitCode.Usage;
        }

        if (serving.PrintsConfiguration(arguments))
        {
            Console.WriteLine(configuration.ToJson(VideoSource.Redact));
            return ExitCode.Success;
        }

        NamedVideos named = serving.Named(arguments);
        VideoServiceOptions options = serving.Options(arguments, configuration, named);
        ListenException.Check(configuration.Address);
        await using StartedService started = await startAsync(configuration, options, cancellationToken);
        configuration = configuration with { Meters = started.Meters, WhyNotReady = started.WhyNotReady };
        await using WebApplication server = PlayFairServer.Create(configuration, started.Service);
        await AddAsync(server, started.Service, configuration, named, cancellationToken);
        try
        {
            await server.StartAsync(cancellationToken);
        }
        catch (IOException failure)
        {
            throw ListenException.Of(configuration.Address.ToString(), "--listen", failure);
        }

        if (configuration.LogFormat == LogFormat.Text)
            await TellAsync(server, started, configuration, options.Sources);
        using PosixSignalRegistration? hangup = OperatingSystem.IsWindows() ? null : ReloadOnHangup(server);
        await Task.WhenAny(Task.Delay(Timeout.Infinite, cancellationToken), started.Failed);
        bool isFailed = started.Failed.IsCompleted && !cancellationToken.IsCancellationRequested;
        if (isFailed)
            Terminals.TellError(await started.Failed);
        else
            await started.DrainAsync();
        await server.StopAsync(CancellationToken.None);
        return isFailed ? ExitCode.Expelled : ExitCode.Success;
    }

    /// <summary>Adds the videos of the file and of the command line, or changes those that are there already.</summary>
    private static async Task AddAsync(
        WebApplication server, IVideoService service, ServerConfiguration configuration, NamedVideos named,
        CancellationToken cancellationToken)
    {
        ReloadReport report = await server.Services.GetRequiredService<ConfiguredVideos>()
            .ApplyAsync(configuration.Videos, cancellationToken);
        if (report.Failed is [{ } first, ..])
            throw new UsageException($"Video '{first.Video}' of {configuration.File}: {first.Detail}");

        foreach (VideoDefinition definition in named.Definitions)
        {
            try
            {
                await ConfiguredVideos.PutAsync(service, definition, cancellationToken);
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
        WebApplication server, StartedService started, ServerConfiguration configuration, SourcePolicy sources)
    {
        string url = server.Urls.First();
        string reach = configuration.Address.IsLocal ? "this machine only" : "whoever has a token";
        List<string> ids = [.. (await started.Service.ListAsync()).Select(video => video.Definition.Id)];
        // What listens on all addresses is reached by this one here.
        string local = url.Replace("[::]", "127.0.0.1", StringComparison.Ordinal)
            .Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        bool isStandard = configuration.Address == ListenAddress.Default;
        string at = isStandard ? "" : $" --url {local}";
        string header = configuration.Tokens.Count == 0 ? "" : " -H \"Authorization: Bearer $PLAYFAIR_TOKEN\"";
        string sample = ids.Count > 0 ? ids[0] : "ID";
        string files = sources.Folders is { Count: > 0 } folders
            ? $"files in {string.Join(", ", folders.Select(OrMissing))}"
            : "no folder";
        string also = sources.Files.Count > 0 ? ", and those named at the start" : "";
        string kinds = configuration.Sources.Kinds is { } some ? string.Join(", ", some) : "all kinds of sources";
        (string Name, string Text)[] lines =
        [
            ("open", $"{local} in a browser: the dashboard"),
            ("videos", ids.Count > 0 ? string.Join(", ", ids) : "none yet"),
            ("add", $"playfair videos add SOURCE --id ID{at}"),
            ("watch", $"playfair watch {sample}{at}"),
            ("", $"curl -N{header} '{local}/api/v1/events?video={sample}'"),
            ("API", $"{local}/openapi/v1.json; docs/server.md"),
            ("store", started.Store),
            .. started.Notes,
            ("models", string.Join(", ", started.Service.Models.Select(
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
