using PlayFair.Contracts;

namespace PlayFair.Engine.Tests;

public sealed class RunStateTests
{
    private static readonly VideoDefinition s_definition = new()
    {
        Id = "clip",
        Title = "A clip",
        Source = "/väg/a+\"b\".mp4",
        Model = "moves-trn",
        RateHz = 29.97,
        Score = "softmax-of-mean",
        Seed = ulong.MaxValue,
    };

    /// <summary>Another text would attribute every file anew after the server was replaced by a newer one.</summary>
    [Fact]
    public void What_updates_follow_from_is_the_text_that_stores_hold_already() => Assert.Equal(
        """
        {"id":"clip","source":"/väg/a+\"b\".mp4","model":"moves-trn","rateHz":29.97,"window":16,"stride":1,"iterations":4,"seed":18446744073709551615,"score":"softmax-of-mean","classes":["top3"],"pace":"source","loop":false,"transport":"tcp"}
        """,
        RunState.Fingerprint(s_definition));

    [Fact]
    public void Updates_do_not_follow_from_what_a_video_is_called_and_whether_it_rests()
    {
        string fingerprint = RunState.Fingerprint(s_definition);
        Assert.Equal(
            fingerprint,
            RunState.Fingerprint(s_definition with { Title = "B", Group = "G", Paused = true, Pace = Pace.Fast }));
        Assert.NotEqual(fingerprint, RunState.Fingerprint(s_definition with { Window = 8 }), StringComparer.Ordinal);
    }
}
