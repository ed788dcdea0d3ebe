namespace PlayFair.Engine.Tests.Storage;

public sealed class PostgresRetentionTests : StoreRetentionContract
{
    private protected override StoreHome CreateHome() => new StoreDatabase(PostgresServer.Shared);
}
