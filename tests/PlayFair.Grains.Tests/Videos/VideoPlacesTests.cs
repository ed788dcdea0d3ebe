namespace PlayFair.Grains.Tests.Videos;

public sealed class VideoPlacesTests
{
    private const string Video = "door";

    private readonly VideoPlaces _places = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Who_comes_while_a_place_is_taken_waits_until_it_is_left()
    {
        await _places.EnterAsync(Video, Cancelled);
        Task second = _places.EnterAsync(Video, Cancelled), third = _places.EnterAsync(Video, Cancelled);
        await _places.EnterAsync("another", Cancelled);
        Assert.False(second.IsCompleted || third.IsCompleted);

        _places.Leave(Video);
        Task next = await Task.WhenAny(second, third);
        Task last = next == second ? third : second;
        Assert.False(last.IsCompleted);
        _places.Leave(Video);
        await last;
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_gives_up_takes_no_place()
    {
        await _places.EnterAsync(Video, Cancelled);
        using var patience = new CancellationTokenSource();
        Task waiting = _places.EnterAsync(Video, patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _places.Leave(Video);
        await _places.EnterAsync(Video, Cancelled);
    }

    [Fact]
    public async Task A_place_that_nobody_has_may_be_left()
    {
        _places.Leave(Video);
        await _places.EnterAsync(Video, Cancelled);
    }
}
