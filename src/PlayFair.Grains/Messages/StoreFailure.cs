using PlayFair.Engine;

namespace PlayFair.Grains;

/// <summary>A store that fails at one silo fails in its words at the one that asked.</summary>
[GenerateSerializer, Immutable, Alias("playfair.store.failure")]
internal struct StoreFailureSurrogate
{
    [Id(0)] public string Message;
}

[RegisterConverter]
internal sealed class StoreFailureConverter : IConverter<StoreException, StoreFailureSurrogate>
{
    public StoreException ConvertFromSurrogate(in StoreFailureSurrogate surrogate) => new(surrogate.Message);

    public StoreFailureSurrogate ConvertToSurrogate(in StoreException value) => new() { Message = value.Message };
}
