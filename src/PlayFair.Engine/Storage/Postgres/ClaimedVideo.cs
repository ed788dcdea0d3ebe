namespace PlayFair.Engine;

/// <summary>A video as a process knows it that has claimed it, or writes it unclaimed.</summary>
/// <param name="id">Of its row.</param>
/// <param name="claim">0: unclaimed.</param>
/// <param name="lastSequence">Of its last update; −1 without any.</param>
/// <param name="saves">How often it was saved.</param>
internal sealed class ClaimedVideo(long id, long claim, long lastSequence, long saves)
{
    private long _saves = saves;

    public long Id { get; } = id;

    public long Claim { get; } = claim;

    /// <summary>Of the last update that was given to the store, waiting ones included; −1 without any.</summary>
    public long LastAppended { get; set; } = lastSequence;

    /// <summary>How often the video was saved: an update from before the last time brings no resume state.</summary>
    public long Saves => Volatile.Read(ref _saves);

    /// <summary>Whether another owns it now.</summary>
    public bool IsSuperseded { get; set; }

    public bool IsDeleted { get; set; }

    /// <summary>Says that it was saved so many times.</summary>
    public void Saved(long times)
    {
        long known;
        while ((known = Saves) < times)
            Interlocked.CompareExchange(ref _saves, times, known);
    }
}

/// <summary>An update on its way to the database.</summary>
/// <param name="Saves">How often the video had been saved when it was appended.</param>
internal sealed record ClaimedUpdate(StoredUpdate Stored, ClaimedVideo Video, long Saves);
