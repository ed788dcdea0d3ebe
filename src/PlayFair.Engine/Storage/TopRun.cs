using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>What an update's top class is: texts by their numbers.</summary>
internal readonly record struct TopClass(int Class, int Name, int Model, int Score)
{
    public static TopClass Of(AttributionUpdate update, ITextTable texts)
    {
        ReportedClass top = update.Classes[0];
        return new TopClass(
            top.Index, texts.NumberOf(top.Name), texts.NumberOf(update.Model), texts.NumberOf(update.Score));
    }
}

/// <summary>Updates one after the other with one top class.</summary>
internal readonly record struct TopRun(
    TopClass Top, long FirstSequence, long LastSequence, long FirstArrived, long LastArrived, float MaxScore)
{
    public long Length => LastSequence - FirstSequence + 1;

    public bool GoesOnWith(TopRun next) => Top == next.Top && LastSequence + 1 == next.FirstSequence;

    /// <summary>This and the next, as this one's class.</summary>
    public TopRun JoinNext(TopRun next) => this with
    {
        LastSequence = next.LastSequence,
        LastArrived = next.LastArrived,
        MaxScore = Top == next.Top ? Math.Max(MaxScore, next.MaxScore) : MaxScore,
    };

    /// <summary>The one before and this, as this one's class.</summary>
    public TopRun JoinPrevious(TopRun previous) => this with
    {
        FirstSequence = previous.FirstSequence,
        FirstArrived = previous.FirstArrived,
        MaxScore = Top == previous.Top ? Math.Max(MaxScore, previous.MaxScore) : MaxScore,
    };

    public TimelineSegment ToSegment(ITextTable texts) => new(
        Top.Class, texts.TextOf(Top.Name), texts.TextOf(Top.Model), FirstSequence, LastSequence,
        new DateTimeOffset(FirstArrived, TimeSpan.Zero), new DateTimeOffset(LastArrived, TimeSpan.Zero), MaxScore);
}
