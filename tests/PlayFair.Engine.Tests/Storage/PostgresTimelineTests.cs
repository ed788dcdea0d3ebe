namespace PlayFair.Engine.Tests.Storage;

public sealed class PostgresTimelineTests : TimelineContract
{
    private protected override StoreHome CreateHome() => new StoreDatabase(PostgresServer.Shared);
}
