namespace PlayFair.Grains;

/// <summary>One silo, told what concerns it as a whole; the key is its address, and it is only ever active there.</summary>
[Alias("playfair.silo")]
internal interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>Sends what its videos were counted into to the analytics grains, now.</summary>
    [Alias("flush")]
    Task FlushStatisticsAsync();

    /// <summary>Moves some of its videos to another silo.</summary>
    /// <param name="keep">Cores' worth of videos that stay, at least.</param>
    [Alias("give")]
    Task GiveAsync(SiloAddress target, double keep);
}
