namespace PlayFair.Grains;

/// <summary>One silo, told what concerns it as a whole; the key is its address, and it is only ever active there.</summary>
[Alias("playfair.silo")]
internal interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>Sends what its videos were counted into to the analytics grains, now.</summary>
    [Alias("flush")]
    Task FlushStatisticsAsync();

    /// <summary>Moves some of its videos elsewhere, at most so many cores' worth; each as a whole.</summary>
    [Alias("give")]
    Task GiveAsync(SiloAddress target, double cores);
}
