namespace PlayFair.Engine.Tests;

/// <summary>The contract, kept by the service in one process.</summary>
public sealed class EmbeddedVideoServiceTests : VideoServiceContract
{
    private EmbeddedVideoService? _service;

    protected override async Task<IVideoService> StartAsync(int maxVideos, int maxSubscribers) =>
        _service = await EmbeddedVideoService.StartAsync(new EmbeddedOptions
        {
            Models = [Model],
            StorePath = Path.Combine(Folder, "playfair.db"),
            MaxVideos = maxVideos,
            MaxSubscribers = maxSubscribers,
        });

    protected override async Task StopAsync() => await _service!.DisposeAsync();
}
