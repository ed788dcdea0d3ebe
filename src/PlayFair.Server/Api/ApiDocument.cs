using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace PlayFair.Server;

/// <summary>The OpenAPI document, out of what each operation says of itself.</summary>
internal static class ApiDocument
{
    private const string Scheme = "bearer";

    public static void Configure(OpenApiOptions options)
    {
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "PlayFair",
                Version = "v1",
                Description = "How much each frame of a video contributed to an action model's class scores (Element "
                    + "Shapley Values), while the video plays. Every error is a problem document (RFC 9457).",
            };
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "Where the server has tokens: role view for GET, manage for the rest.",
                },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
    }

    private static async Task DescribeAsync(
        OpenApiOperation described, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        Operation operation = context.Description.ActionDescriptor.EndpointMetadata.OfType<Operation>().Single();
        described.Summary = operation.Summary;
        described.Description = operation.Description.Length > 0 ? operation.Description : null;
        described.Parameters =
        [
            .. PathParameters(context.Description.RelativePath ?? ""), .. operation.Query.Select(Describe),
        ];
        described.Responses ??= [];
        bool hasId = described.Parameters.Any(parameter => parameter.Name == "id");
        IOpenApiSchema schema = await context.GetOrCreateSchemaAsync(typeof(Problem), null, cancellationToken);
        int[] any = [400, 401, 403, 429, 500];
        foreach (int status in any.Concat(hasId ? [404] : []).Concat(operation.Problems).Distinct().Order())
        {
            described.Responses[$"{status}"] = new OpenApiResponse
            {
                Description = ReasonPhrases.GetReasonPhrase(status),
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    [Problem.ContentType] = new() { Schema = schema },
                },
            };
        }
    }

    private static IEnumerable<IOpenApiParameter> PathParameters(string path)
    {
        if (path.Contains("{id}", StringComparison.Ordinal))
            yield return OfPath("id", JsonSchemaType.String, "The video's id.");
        if (path.Contains("{index}", StringComparison.Ordinal))
            yield return OfPath("index", JsonSchemaType.Integer, "The frame's index, as in an update's frameIndices.");
    }

    private static OpenApiParameter OfPath(string name, JsonSchemaType type, string description) => new()
    {
        Name = name,
        In = ParameterLocation.Path,
        Required = true,
        Description = description,
        Schema = new OpenApiSchema { Type = type },
    };

    private static OpenApiParameter Describe(Parameter parameter)
    {
        var schema = new OpenApiSchema { Type = parameter.Type, Format = parameter.Format };
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = ParameterLocation.Query,
            Description = parameter.Description,
            Schema = parameter.IsRepeatable
                ? new OpenApiSchema { Type = JsonSchemaType.Array, Items = schema }
                : schema,
        };
    }
}
