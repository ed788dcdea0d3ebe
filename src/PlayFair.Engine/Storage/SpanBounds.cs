using System.Runtime.InteropServices;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Bounds of what a row of <c>spans</c> speaks of.</summary>
internal struct SpanBounds
{
    public long FirstArrived;
    public long LastArrived;
    public long FirstFrameSequence;
    public long LastFrameSequence;
    public long FirstFrameArrived;
    public long LastFrameArrived;
    public long LastFrame;

    /// <summary>Whether the span's last update is among them.</summary>
    public bool IsComplete;

    public static SpanBounds Empty => new()
    {
        FirstArrived = long.MaxValue,
        LastArrived = -1,
        FirstFrameSequence = long.MaxValue,
        LastFrameSequence = -1,
        FirstFrameArrived = long.MaxValue,
        LastFrameArrived = -1,
        LastFrame = -1,
    };

    /// <summary>Widens the bounds of an update's span.</summary>
    /// <param name="video">Id of its row.</param>
    public static void Add(
        Dictionary<(long Video, long Span), SpanBounds> spans, long video, StoredUpdate stored)
    {
        AttributionUpdate update = stored.Update;
        ref SpanBounds span = ref CollectionsMarshal.GetValueRefOrAddDefault(
            spans, (video, update.Sequence >> StoreSchema.SpanBits), out bool exists);
        if (!exists)
            span = Empty;
        span.Add(update.ArrivedAt.UtcTicks, stored.LeavingFrames);
        span.IsComplete |= ((update.Sequence + 1) & ((1 << StoreSchema.SpanBits) - 1)) == 0;
    }

    public void Add(long arrived, IReadOnlyList<FrameTrack> frames)
    {
        Widen(ref FirstArrived, ref LastArrived, arrived);
        foreach (FrameTrack frame in frames)
        {
            Widen(ref FirstFrameSequence, ref LastFrameSequence, frame.LastSequence);
            Widen(ref FirstFrameArrived, ref LastFrameArrived, frame.ArrivedAt.UtcTicks);
            LastFrame = Math.Max(LastFrame, frame.FrameIndex);
        }
    }

    private static void Widen(ref long first, ref long last, long value)
    {
        first = Math.Min(first, value);
        last = Math.Max(last, value);
    }
}
