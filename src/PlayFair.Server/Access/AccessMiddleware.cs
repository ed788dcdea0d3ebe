using Microsoft.Net.Http.Headers;
using PlayFair.Contracts;

namespace PlayFair.Server;

/// <summary>
/// Who may do what. With tokens, nothing but the health of the server is told without one. Without (on loopback only),
/// everything is allowed, to programs of this machine: not to pages of other sites in its browsers.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, ServerConfiguration configuration)
{
    private const string QueryToken = "access_token";

    private static readonly object TokenKey = new();

    /// <summary>The token of a request; null: it came without.</summary>
    public static AccessToken? TokenOf(HttpContext context) => context.Items[TokenKey] as AccessToken;

    /// <summary>Whether a request may be told what goes on inside the server.</summary>
    public static bool IsTrusted(HttpContext context, ServerConfiguration configuration) =>
        configuration.Tokens.Count == 0 || TokenOf(context) is not null;

    public Task InvokeAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (configuration.Tokens.Count == 0)
            CheckSite(request);
        else
            CheckToken(context);

        // A page of another site can have a browser post a form, but not JSON without asking first.
        bool hasBody = HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method);
        if (hasBody && !IsJson(request))
        {
            throw new RequestException(
                StatusCodes.Status415UnsupportedMediaType,
                $"The Content-Type is '{request.ContentType}', expected 'application/json'.");
        }

        return next(context);
    }

    private static bool IsJson(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// A page whose name was pointed at this machine (DNS rebinding) shows by the Host header, one that sends requests
    /// across sites by the Origin header.
    /// </summary>
    private void CheckSite(HttpRequest request)
    {
        string host = request.Host.Host;
        if (!ListenAddress.IsLoopback(host) && host != configuration.Address.Host)
        {
            throw new RequestException(
                StatusCodes.Status403Forbidden,
                $"The Host header is '{request.Host}', expected 'localhost' or a loopback address: without tokens this "
                + "server answers only to its own machine. Configure tokens to reach it by another name.");
        }

        string origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && origin != $"{request.Scheme}://{request.Host}"
            && !configuration.CorsOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase))
        {
            throw new RequestException(
                StatusCodes.Status403Forbidden,
                $"The request comes from a page of '{origin}', which is not among corsOrigins of the configuration.");
        }
    }

    private void CheckToken(HttpContext context)
    {
        HttpRequest request = context.Request;
        PathString path = request.Path;
        string? presented = Presented(request);
        AccessToken? token = presented is null ? null : AccessToken.Find(configuration.Tokens, presented);
        context.Items[TokenKey] = token;
        // The dashboard holds no data: it asks for a token itself.
        bool isOpen = path == "/" || path == "/openapi/v1.json"
            || path.StartsWithSegments("/assets", StringComparison.Ordinal)
            || path.StartsWithSegments("/health", StringComparison.Ordinal);
        if (isOpen)
            return;
        if (token is null)
        {
            context.Response.Headers.WWWAuthenticate =
                presented is null ? "Bearer realm=\"playfair\"" : "Bearer realm=\"playfair\", error=\"invalid_token\"";
            throw new RequestException(
                StatusCodes.Status401Unauthorized,
                presented is null
                    ? "There is no token; expected 'Authorization: Bearer TOKEN' with one of this server's tokens."
                    : "The token is none of this server's.");
        }

        bool isReading = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (!isReading && token.Role != Role.Manage)
        {
            throw new RequestException(
                StatusCodes.Status403Forbidden,
                $"The token '{token.Name}' may view; changes need one with the role manage.");
        }
    }

    private static string? Presented(HttpRequest request)
    {
        const string scheme = "Bearer ";
        string header = request.Headers.Authorization.ToString();
        if (header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return header[scheme.Length..].Trim();
        // What a browser loads by address alone cannot have headers.
        string path = request.Path.Value ?? "";
        bool isLoadedByAddress = path == $"{ApiRoutes.Prefix}/events"
            || (path.StartsWith(ApiRoutes.Prefix, StringComparison.Ordinal)
                && (path.EndsWith("/thumbnail", StringComparison.Ordinal)
                    || path.EndsWith("/media", StringComparison.Ordinal)));
        return isLoadedByAddress && request.Query[QueryToken] is [{ Length: > 0 } value] ? value : null;
    }
}
