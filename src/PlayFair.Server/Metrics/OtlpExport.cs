using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>Sends metrics and traces to a collector while the server runs.</summary>
internal sealed class OtlpExport(ServerConfiguration configuration) : IHostedService, IDisposable
{
    /// <summary>What a collector that does not answer may take of the time in which the server stops.</summary>
    private const int ShutdownMilliseconds = 1000;

    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        ResourceBuilder resource = ResourceBuilder.CreateDefault()
            .AddService("playfair", serviceVersion: PlayFairServer.Version);
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter([LiveMetrics.Name, "System.Runtime", "Microsoft.AspNetCore.Hosting", .. configuration.Meters])
            .AddOtlpExporter(options => Configure(options, "v1/metrics"))
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource(LiveMetrics.Name)
            .AddOtlpExporter(options => Configure(options, "v1/traces"))
            .Build();
        return Task.CompletedTask;
    }

    /// <summary>Sends what has not been sent.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => _metrics?.Shutdown(ShutdownMilliseconds), cancellationToken),
        Task.Run(() => _traces?.Shutdown(ShutdownMilliseconds), cancellationToken));

    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    private void Configure(OtlpExporterOptions options, string path)
    {
        bool isHttp = configuration.Otlp.Protocol == OtlpProtocol.Http;
        options.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        // The exporter adds the path only to an address from its own variable.
        string address = configuration.Otlp.Endpoint!.ToString();
        options.Endpoint = isHttp ? new Uri($"{address.TrimEnd('/')}/{path}") : configuration.Otlp.Endpoint;
    }
}
