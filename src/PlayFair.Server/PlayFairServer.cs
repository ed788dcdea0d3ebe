using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>The HTTP server of a video service (docs/server.md).</summary>
public static class PlayFairServer
{
    /// <summary>In how much time a stopping server has answered or cut off everything.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    /// <summary>What the system keeps for one connection; Linux takes it twice.</summary>
    private const int SendBufferByteCount = 128 * 1024;

    private const string OpenApi = "/openapi/v1.json";

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(PlayFairServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    /// <summary>Makes the server; its caller starts, stops and disposes of it, and of the service after that.</summary>
    /// <remarks>Takes no signal and reads no configuration of its own.</remarks>
    public static WebApplication Create(ServerConfiguration configuration, IVideoService service)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => Configure(options, configuration))
            .UseSockets(options => options.CreateBoundListenSocket = Bind);
        AddLogging(builder.Logging, configuration);
        IServiceCollection services = builder.Services;
        // Signals are the program's affair.
        services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        services.Configure<HostOptions>(options => options.ShutdownTimeout = StopTimeout);
        services.AddSingleton(configuration);
        services.AddSingleton(service);
        services.AddSingleton(configuration.Time);
        services.AddSingleton<ConfiguredVideos>();
        services.AddSingleton<ApiRoutes>();
        services.AddSingleton<HistoryRoutes>();
        services.AddSingleton<OperationalRoutes>();
        services.AddSingleton<MeterReading>();
        services.AddHostedService<StatusLog>();
        services.AddHostedService<StoreLog>();
        if (configuration.Otlp.Endpoint is not null)
            services.AddHostedService<OtlpExport>();
        services.AddRoutingCore();
        services.AddCors(options => options.AddDefaultPolicy(policy => policy
            .WithOrigins([.. configuration.CorsOrigins]).AllowAnyHeader().WithMethods("GET", "POST", "PUT", "DELETE")
            .WithExposedHeaders("ETag", "Link", "Location", "Retry-After")));
        services.AddRateLimiter(options => Configure(options, configuration.Limits));
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ContractJson.Default);
            options.SerializerOptions.TypeInfoResolverChain.Insert(1, ServerJson.Default);
            options.SerializerOptions.DefaultIgnoreCondition = ContractJson.Lines.Options.DefaultIgnoreCondition;
            foreach (var converter in ContractJson.Lines.Options.Converters)
                options.SerializerOptions.Converters.Add(converter);
        });
        services.AddOpenApi("v1", ApiDocument.Configure);

        WebApplication app = builder.Build();
        // Counts from the start on, not from the first question.
        app.Services.GetRequiredService<MeterReading>();
        app.UseMiddleware<RequestLogMiddleware>();
        app.UseMiddleware<ProblemMiddleware>();
        app.Use((context, next) =>
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return next(context);
        });
        app.UseRateLimiter();
        app.UseCors();
        app.UseMiddleware<AccessMiddleware>();
        app.UseRouting();
        app.UseEndpoints(_ => { });
        app.Services.GetRequiredService<ApiRoutes>().Map(app);
        app.Services.GetRequiredService<HistoryRoutes>().Map(app);
        app.Services.GetRequiredService<OperationalRoutes>().Map(app);
        DashboardRoutes.Map(app);
        app.MapOpenApi(OpenApi);
        return app;
    }

    private static void Configure(KestrelServerOptions options, ServerConfiguration configuration)
    {
        options.AddServerHeader = false;
        options.Limits.MaxRequestBodySize = configuration.Limits.RequestBytes;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        // Last-Event-ID holds a place in each video: an id of 64 characters and a number.
        options.Limits.MaxRequestHeadersTotalSize =
            Math.Max(32 * 1024, (16 * 1024) + (86 * configuration.Limits.Videos));
        // Room for questions beside the streams; beyond it descriptors would run out.
        options.Limits.MaxConcurrentConnections = configuration.Limits.Subscribers + 1000;
        ListenAddress address = configuration.Address;
        switch (address.Host)
        {
            case "localhost":
                options.ListenLocalhost(address.Port);
                break;
            case "*":
                options.ListenAnyIP(address.Port);
                break;
            default:
                options.Listen(IPAddress.Parse(address.Host), address.Port);
                break;
        }
    }

    /// <summary>
    /// Binds a socket whose connections hold little that is sent and not taken: the system would keep megabytes for
    /// each client that does not read, and it would not be noticed for minutes.
    /// </summary>
    private static Socket Bind(EndPoint address)
    {
        Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        socket.SendBufferSize = SendBufferByteCount;
        return socket;
    }

    /// <summary>Sets up the log that the configuration describes.</summary>
    public static void AddLogging(ILoggingBuilder logging, ServerConfiguration configuration)
    {
        logging.SetMinimumLevel(configuration.LogLevel);
        // The framework logs whole addresses, and with them tokens.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        // It says with stack traces what a silo that is gone means for each of its parts; a silo says itself what has happened.
        LogLevel orleans = configuration.LogLevel > LogLevel.Debug ? LogLevel.Critical : LogLevel.Warning;
        logging.AddFilter("Orleans", orleans);
        // So its memory streams call themselves.
        logging.AddFilter("Microsoft.Extensions.Logging.ILogger", orleans);
        if (configuration.LogFormat == LogFormat.Json)
            logging.AddJsonConsole(options => ConfigureFormat(options));
        else
            logging.AddSimpleConsole(options => ConfigureFormat(options).SingleLine = true);
        logging.Services.Configure<ConsoleLoggerOptions>(
            options => options.LogToStandardErrorThreshold = LogLevel.Trace);

        static T ConfigureFormat<T>(T options)
            where T : ConsoleFormatterOptions
        {
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            return options;
        }
    }

    private static void Configure(RateLimiterOptions options, LimitsConfiguration limits)
    {
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
            context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
                ? RateLimitPartition.GetNoLimiter("health")
                : RateLimitPartition.GetTokenBucketLimiter(PartitionOf(context), _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = 5 * limits.RequestsPerSecond,
                    TokensPerPeriod = limits.RequestsPerSecond,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    QueueLimit = 0,
                }));
        options.OnRejected = async (rejected, _) =>
        {
            rejected.HttpContext.Response.Headers.RetryAfter = "1";
            await ProblemMiddleware.WriteAsync(
                rejected.HttpContext, StatusCodes.Status429TooManyRequests,
                $"More than {limits.RequestsPerSecond} requests a second come from this address "
                + "(limits.requestsPerSecond of the configuration). Try again in a second.");
        };
    }

    /// <summary>A client is an IPv4 address, or the network of an IPv6 address, of which it has all.</summary>
    private static string PartitionOf(HttpContext context)
    {
        IPAddress? address = context.Connection.RemoteIpAddress;
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
