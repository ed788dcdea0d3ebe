namespace PlayFair.Grains.Tests;

public sealed class ClusterFailureReasonTests
{
    [Fact]
    public void What_Orleans_says_to_its_developers_is_said_to_users_in_words()
    {
        Assert.Equal("the silo that was asked is gone", ClusterFailure.ReasonOf(new SiloUnavailableException("Request [S1]->[S2]")));
        Assert.Equal("the silo that was asked does not answer in time", ClusterFailure.ReasonOf(new TimeoutException("Request [S1]")));
    }

    [Fact]
    public void No_stack_trace_gets_into_the_words() => Assert.Equal(
        "Exception while storing: the disk is full",
        ClusterFailure.ReasonOf(new OrleansException("Exception while storing: the disk is full.\n   at Orleans.Storage.Write()")));
}
