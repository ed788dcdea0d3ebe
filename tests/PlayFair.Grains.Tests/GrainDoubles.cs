using System.Reflection;

namespace PlayFair.Grains.Tests;

/// <summary>Hands out objects of a test in place of grains.</summary>
internal static class GrainDoubles
{
    /// <param name="find">The object for a grain interface and a key.</param>
    public static IGrainFactory Factory(Func<Type, object, object?> find)
    {
        IGrainFactory factory = DispatchProxy.Create<IGrainFactory, FactoryProxy>();
        ((FactoryProxy)factory).Find = find;
        return factory;
    }

#pragma warning disable CA1852 // The proxy's class is derived from it.
    private class FactoryProxy : DispatchProxy
#pragma warning restore CA1852
    {
        public Func<Type, object, object?> Find { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod is { Name: "GetGrain", IsGenericMethod: true }
                ? Find(targetMethod.GetGenericArguments()[0], args![0]!)
                : throw new NotSupportedException(targetMethod?.Name);
    }
}

/// <summary>What a silo that is none knows of itself.</summary>
internal sealed class SiloDetails(int number) : ILocalSiloDetails
{
    public string Name => $"silo{number}";

    public string ClusterId => "test";

    public string DnsHostName => "localhost";

    public SiloAddress SiloAddress { get; } = Known.Silo(number);

    public SiloAddress GatewayAddress => SiloAddress;
}
