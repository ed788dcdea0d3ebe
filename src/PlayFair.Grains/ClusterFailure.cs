using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>What goes wrong with a call to a grain, and is over after a while.</summary>
internal static class ClusterFailure
{
    /// <summary>A silo is gone or slow, or the store cannot be asked there.</summary>
    public static bool Is(Exception failure) => failure is OrleansException or TimeoutException or StoreException;
}
