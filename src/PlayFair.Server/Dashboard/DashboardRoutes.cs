using System.IO.Compression;
using System.Net.Mime;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace PlayFair.Server;

/// <summary>What a browser finds: the dashboard of src/PlayFair.Dashboard, which the build embeds.</summary>
internal static class DashboardRoutes
{
    private const string Prefix = "dashboard/";
    private const string Start = "index.html";

    /// <summary>
    /// The page runs its own scripts and talks to its own server, nothing else: what a source or a model is called can
    /// neither run nor fetch anything. <c>blob:</c> is for pictures that the page itself draws, to be saved.
    /// </summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>What is shown where the program was built without npm.</summary>
    private const string WithoutDashboard =
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <title>PlayFair</title>
        <h1>PlayFair</h1>
        <p>How much each frame of a video contributed to an action model's class scores, while the video plays.</p>
        <p>This program was built without its dashboard. To have it, install Node.js (20 or newer) with npm and run
          <code>make build</code>.</p>
        <ul>
          <li><a href="api/v1/videos">The videos</a></li>
          <li><a href="api/v1/events">What happens, as server-sent events</a>
            (in a terminal: <code>curl -N</code>, or <code>playfair watch</code>)</li>
          <li><a href="openapi/v1.json">The API, as an OpenAPI document</a>; in words: docs/server.md</li>
          <li><a href="health/ready">Health</a>, <a href="metrics">metrics</a></li>
        </ul>
        </html>

        """;

    private static readonly Dictionary<string, Asset> s_assets = Read();

    public static void Map(IEndpointRouteBuilder routes)
    {
        Asset start = s_assets.GetValueOrDefault(Start)
            ?? Asset.Of("text/html; charset=utf-8", Encoding.UTF8.GetBytes(WithoutDashboard));
        Add("/", _ => start, "no-cache", new Operation("dashboard", "The dashboard."));
        Add("/assets/{name}", name => s_assets.GetValueOrDefault($"assets/{name}"),
            // A name has its content's hash in it.
            "public, max-age=31536000, immutable", new Operation("dashboardAsset", "What the dashboard loads."));

        void Add(string path, Func<string?, Asset?> find, string caching, Operation operation) =>
            routes.MapMethods(path, ["GET", "HEAD"], (Delegate)((HttpContext context) =>
            {
                string? name = context.Request.RouteValues["name"] as string;
                Asset asset = find(name) ?? throw new RequestException(
                    StatusCodes.Status404NotFound,
                    $"The dashboard has no '{name}'; a page that was open while the server was updated has to be reloaded.");
                return WriteAsync(context, asset, caching);
            })).WithName(operation.Name).WithMetadata(operation).WithTags("operation").ExcludeFromDescription();
    }

    private static async Task WriteAsync(HttpContext context, Asset asset, string caching)
    {
        HttpResponse response = context.Response;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers.CacheControl = caching;
        response.Headers.Vary = "Accept-Encoding";
        bool isZipped = context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal);
        string tag = isZipped ? $"\"{asset.Hash}-gzip\"" : $"\"{asset.Hash}\"";
        response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        byte[] bytes = isZipped ? asset.Zipped : asset.Plain;
        response.ContentType = asset.ContentType;
        response.ContentLength = bytes.Length;
        if (isZipped)
            response.Headers.ContentEncoding = "gzip";
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static Dictionary<string, Asset> Read()
    {
        Assembly assembly = typeof(DashboardRoutes).Assembly;
        var assets = new Dictionary<string, Asset>(StringComparer.Ordinal);
        foreach (string resource in assembly.GetManifestResourceNames())
        {
            if (!resource.StartsWith(Prefix, StringComparison.Ordinal))
                continue;
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            // The build tool writes the separator of the system it runs on.
            string name = resource[Prefix.Length..].Replace('\\', '/');
            assets.Add(name, Asset.Of(ContentType(name), bytes));
        }

        return assets;
    }

    private static string ContentType(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => MediaTypeNames.Image.Svg,
        var other => throw new InvalidOperationException($"The dashboard was built with a file of type '{other}'."),
    };

    private sealed record Asset(string ContentType, string Hash, byte[] Plain, byte[] Zipped)
    {
        public static Asset Of(string contentType, byte[] bytes)
        {
            using var zipped = new MemoryStream();
            using (var zip = new GZipStream(zipped, CompressionLevel.SmallestSize, leaveOpen: true))
                zip.Write(bytes);
            string hash = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12));
            return new Asset(contentType, hash, bytes, zipped.ToArray());
        }
    }
}
