using System.CommandLine;
using PlayFair.Engine;
using PlayFair.Server;

namespace PlayFair.Cli.Commands;

/// <summary><c>playfair serve</c>: videos attributed while they play, by one process, over HTTP.</summary>
internal static class ServeCommand
{
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
            + "videos again.");
        var serving = new ServingArguments();
        serving.AddTo(command);
        // On another thread from the start: Ctrl-C is watched for only once the action has returned its task.
        command.SetAction((arguments, cancellationToken) => Task.Run(
            () => Serving.RunAsync(arguments, serving, StartAsync, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<StartedService> StartAsync(
        ServerConfiguration configuration, VideoServiceOptions options, CancellationToken cancellationToken)
    {
        StoreFolder.Make(options.StorePath);
        EmbeddedVideoService service = await EmbeddedVideoService.StartAsync(options, cancellationToken);
        return new StartedService(service, service, options.StorePath ?? StartedService.NoStore);
    }
}
