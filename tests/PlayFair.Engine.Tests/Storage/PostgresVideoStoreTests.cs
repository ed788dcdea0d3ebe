namespace PlayFair.Engine.Tests.Storage;

public sealed class PostgresVideoStoreTests : VideoStoreContract
{
    private protected override StoreHome CreateHome() => new StoreDatabase(PostgresServer.Shared);
}
