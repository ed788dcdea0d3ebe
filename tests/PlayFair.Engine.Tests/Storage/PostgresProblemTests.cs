using Npgsql;

namespace PlayFair.Engine.Tests.Storage;

public sealed class PostgresProblemTests
{
    [Theory]
    [InlineData(PostgresErrorCodes.DiskFull)]
    [InlineData(PostgresErrorCodes.OutOfMemory)]
    [InlineData(PostgresErrorCodes.TooManyConnections)]
    [InlineData(PostgresErrorCodes.CannotConnectNow)]
    [InlineData(PostgresErrorCodes.AdminShutdown)]
    [InlineData(PostgresErrorCodes.QueryCanceled)]
    [InlineData(PostgresErrorCodes.SerializationFailure)]
    [InlineData(PostgresErrorCodes.DeadlockDetected)]
    [InlineData(PostgresErrorCodes.ReadOnlySqlTransaction)]
    [InlineData(PostgresErrorCodes.IoError)]
    [InlineData(PostgresErrorCodes.InsufficientPrivilege)]
    [InlineData(PostgresErrorCodes.UndefinedTable)]
    [InlineData(PostgresErrorCodes.InvalidPassword)]
    public void What_passes_or_can_be_made_to_is_tried_again(string state) =>
        Assert.False(PostgresProblem.IsForGood(Problem(state)));

    [Theory]
    [InlineData(PostgresErrorCodes.CharacterNotInRepertoire)]
    [InlineData(PostgresErrorCodes.UniqueViolation)]
    [InlineData(PostgresErrorCodes.ProgramLimitExceeded)]
    public void What_the_data_are_to_blame_for_is_not(string state) =>
        Assert.True(PostgresProblem.IsForGood(Problem(state)));

    [Fact]
    public void A_connection_that_broke_passes()
    {
        var broken = new NpgsqlException("Exception while reading from stream", new EndOfStreamException());
        Assert.False(PostgresProblem.IsForGood(broken));
        Assert.True(PostgresProblem.IsGoneOnRepeating(broken));
        Assert.True(PostgresProblem.IsAway(broken));
    }

    private static PostgresException Problem(string state) => new("words", "ERROR", "ERROR", state);
}
