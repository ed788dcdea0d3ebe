using Microsoft.Data.Sqlite;
using PlayFair.Contracts;

namespace PlayFair.Engine.Tests;

/// <summary>The contract, kept by the service in one process.</summary>
public sealed class EmbeddedVideoServiceTests : VideoServiceContract
{
    private EmbeddedVideoService? _service;

    /// <summary>A disk that is full, for one.</summary>
    [Fact]
    public async Task A_video_runs_on_as_it_was_where_the_store_refuses_its_change_and_its_removal()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var definition = new VideoDefinition { Id = "camera", Source = "synthetic:1?pace=fast", Window = 4 };
        await Service.AddAsync(definition, cancellation);
        string store = Path.Combine(Folder, "playfair.db");
        using (var connection = new SqliteConnection($"Data Source={store};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "CREATE TRIGGER refuse BEFORE UPDATE OF definition, is_deleted ON videos "
                + "BEGIN SELECT RAISE(FAIL, 'refused'); END";
            command.ExecuteNonQuery();
        }

        Func<Task>[] changes =
        [
            () => Service.ChangeAsync(definition with { Window = 5 }, cancellation),
            () => Service.RemoveAsync("camera", cancellation),
        ];
        foreach (Func<Task> change in changes)
        {
            var refusal = await Assert.ThrowsAsync<VideoServiceException>(change);
            Assert.Equal(VideoServiceError.StoreFailed, refusal.Error);
            VideoStatus status = await Service.GetAsync("camera", cancellation);
            Assert.Equal(4, status.Definition.Window);
            await foreach (VideoEvent next in Service.SubscribeAsync(new Subscription(["camera"]), cancellation))
            {
                if (next is UpdateEvent { Update: { } update } && update.Sequence > (status.LastSequence ?? -1) + 1)
                    break;
            }
        }
    }

    protected override async Task<IVideoService> StartAsync(int maxVideos, int maxSubscribers) =>
        _service = await EmbeddedVideoService.StartAsync(new VideoServiceOptions
        {
            Models = [Model],
            StorePath = Path.Combine(Folder, "playfair.db"),
            MaxVideos = maxVideos,
            MaxSubscribers = maxSubscribers,
        });

    protected override async Task StopAsync() => await _service!.DisposeAsync();
}
