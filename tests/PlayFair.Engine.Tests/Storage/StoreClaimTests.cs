namespace PlayFair.Engine.Tests.Storage;

public sealed class StoreClaimTests : StoreClaimContract
{
    private protected override StoreHome CreateHome() => new StoreFolder();
}
