using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>What goes wrong with a call to a grain, and is over after a while.</summary>
internal static class ClusterFailure
{
    /// <summary>A silo is gone or slow, or the store cannot be asked there.</summary>
    public static bool Is(Exception failure) => failure is OrleansException or TimeoutException or StoreException;

    /// <summary>The same in words: Orleans' messages name the call, and quote other failures with their stacks.</summary>
    public static string ReasonOf(Exception failure) => failure switch
    {
        SiloUnavailableException => "the silo that was asked is gone",
        OrleansMessageRejectionException => "the silo that was asked cannot be reached",
        TimeoutException => "the silo that was asked does not answer in time",
        _ => failure.Message.Split('\n', 2)[0].Trim().TrimEnd('.'),
    };
}
