using Microsoft.AspNetCore.WebUtilities;
using PlayFair.Engine;

namespace PlayFair.Server;

/// <summary>Makes every error, thrown or only a status, a problem document; logs what is unexpected.</summary>
internal sealed class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> log)
{
    /// <summary>After this a client that was turned away because of a limit may try again.</summary>
    private const int RetryAfterSeconds = 5;

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            HttpResponse response = context.Response;
            bool isEmpty = response.ContentLength is null or 0 && response.ContentType is null;
            if (response.StatusCode >= 400 && isEmpty && !response.HasStarted)
                await WriteAsync(context, response.StatusCode, DetailOf(response.StatusCode, context));
        }
        catch (Exception failure) when (!context.Response.HasStarted && IsForeseen(failure))
        {
            await TellAsync(context, failure);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        catch (VideoServiceException failure)
        {
            // Half an answer must not look like a whole one; an event stream's reader comes back.
            log.LogWarning(
                "Request {TraceId} is cut off: {Method} {Path}: {Reason}", context.TraceIdentifier, context.Request.Method,
                context.Request.Path.ToUriComponent(), failure.Message);
            context.Abort();
        }
        catch (Exception failure)
        {
            log.LogError(
                failure, "Request {TraceId} failed: {Method} {Path}", context.TraceIdentifier, context.Request.Method,
                context.Request.Path.ToUriComponent());
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            await WriteAsync(
                context, StatusCodes.Status500InternalServerError,
                "Something went wrong that should not. The server's log says what, under this trace id.",
                traceId: context.TraceIdentifier);
        }
    }

    /// <summary>Answers with a problem.</summary>
    public static Task WriteAsync(
        HttpContext context, int status, string detail, string? field = null, IReadOnlyList<string>? errors = null,
        string? traceId = null)
    {
        var problem = new Problem
        {
            Title = ReasonPhrases.GetReasonPhrase(status),
            Status = status,
            Detail = detail,
            Field = field,
            Errors = errors,
            TraceId = traceId,
        };
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        // Whoever is turned away for want of room does not keep the connection, which is room, too.
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
            context.Response.Headers.Connection = "close";
        return context.Response.WriteAsJsonAsync(
            problem, ServerJson.Lines.Problem, Problem.ContentType, context.RequestAborted);
    }

    private static bool IsForeseen(Exception failure) =>
        failure is VideoServiceException or RequestException or BadHttpRequestException;

    private Task TellAsync(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case RequestException wrong:
                return WriteAsync(context, wrong.Status, wrong.Message, wrong.Field, wrong.Errors);
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return WriteAsync(
                    context, StatusCodes.Status413PayloadTooLarge,
                    "The body is larger than this server takes (limits.requestBytes of its configuration).");
            case BadHttpRequestException bad:
                return WriteAsync(context, bad.StatusCode, bad.Message);
        }

        var refusal = (VideoServiceException)failure;
        int status = refusal.Error switch
        {
            VideoServiceError.Invalid => StatusCodes.Status400BadRequest,
            VideoServiceError.NotFound => StatusCodes.Status404NotFound,
            VideoServiceError.Exists or VideoServiceError.Unsuitable => StatusCodes.Status409Conflict,
            VideoServiceError.Busy => StatusCodes.Status429TooManyRequests,
            VideoServiceError.Forbidden => StatusCodes.Status403Forbidden,
            // A stream may find a place later; a video only once another is removed.
            VideoServiceError.LimitReached => HttpMethods.IsGet(context.Request.Method)
                ? StatusCodes.Status503ServiceUnavailable
                : StatusCodes.Status429TooManyRequests,
            _ => StatusCodes.Status500InternalServerError,
        };
        string? traceId = null;
        if (status == StatusCodes.Status500InternalServerError)
        {
            traceId = context.TraceIdentifier;
            log.LogError(
                "Request {TraceId} failed: {Method} {Path}: {Reason}", traceId, context.Request.Method,
                context.Request.Path.ToUriComponent(), refusal.Message);
        }

        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
            context.Response.Headers.RetryAfter = $"{RetryAfterSeconds}";
        return WriteAsync(context, status, refusal.Message, refusal.Field, traceId: traceId);
    }

    private static string DetailOf(int status, HttpContext context) => status switch
    {
        StatusCodes.Status404NotFound =>
            $"There is nothing at {context.Request.Path.ToUriComponent()}. /openapi/v1.json lists what there is.",
        StatusCodes.Status405MethodNotAllowed =>
            $"{context.Request.Method} is not for this address; it takes {context.Response.Headers.Allow}.",
        _ => $"The server answers with status {status}.",
    };
}
