using System.Diagnostics;

namespace PlayFair.Server;

/// <summary>Logs requests by method, path and outcome: what the query holds may be secret.</summary>
internal sealed class RequestLogMiddleware(RequestDelegate next, ILogger<RequestLogMiddleware> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            HttpRequest request = context.Request;
            bool isReading = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
            LogLevel level = isReading && context.Response.StatusCode < 400 ? LogLevel.Debug : LogLevel.Information;
            if (log.IsEnabled(level))
            {
                log.Log(
                    level, "{Method} {Path} {Status} {Milliseconds:0.0} ms for {Client} {Token}", request.Method,
                    request.Path.ToUriComponent(), context.Response.StatusCode,
                    Stopwatch.GetElapsedTime(start).TotalMilliseconds, context.Connection.RemoteIpAddress,
                    AccessMiddleware.TokenOf(context)?.Name ?? "-");
            }
        }
    }
}
