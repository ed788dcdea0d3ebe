using System.Globalization;
using PlayFair.Models;

namespace PlayFair.Engine;

/// <summary>Which classes a user wants to see: the k highest scores, or named ones in the order asked.</summary>
public sealed record ClassSelection
{
    private readonly int _top;
    private readonly IReadOnlyList<int> _indices = [];

    private ClassSelection(int top, IReadOnlyList<int> indices)
    {
        _top = top;
        _indices = indices;
    }

    /// <summary>The top class and the runner-up.</summary>
    public static ClassSelection Default { get; } = Top(2);

    public static ClassSelection Top(int count) => new(Math.Max(1, count), []);

    /// <summary>
    /// Reads what a user asks for: <c>top</c>, <c>top5</c>, a class's name (in any case) or its index; several add up.
    /// </summary>
    /// <exception cref="ClipException">The model has no such class; the message names the nearest one.</exception>
    public static ClassSelection Parse(IReadOnlyCollection<string> requests, ModelPackage model)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(model);
        int top = 0;
        var indices = new List<int>();
        foreach (string request in requests)
        {
            if (model.FindClass(request.Trim()) is { } index)
                indices.Add(index);
            else if (ParseTop(request.Trim()) is { } count)
                top = Math.Max(top, count);
            else
                throw Unknown(request, model);
        }

        return top == 0 && indices.Count == 0 ? Default : new ClassSelection(top, indices);
    }

    /// <summary>Indices of the selected classes: the top ones first, then those named, none twice.</summary>
    /// <param name="ranked">Every class, highest score first.</param>
    public IReadOnlyList<int> In(IReadOnlyList<AttributedClass> ranked) =>
        [.. ranked.Take(_top).Select(c => c.Index).Concat(_indices).Distinct()];

    private static int? ParseTop(string request)
    {
        const string Top = "top";
        if (!request.StartsWith(Top, StringComparison.OrdinalIgnoreCase))
            return null;
        if (request.Length == Top.Length)
            return 1;
        return int.TryParse(request.AsSpan(Top.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count > 0
            ? count
            : null;
    }

    private static ClipException Unknown(string request, ModelPackage model)
    {
        string[] alike =
        [
            .. model.Classes.Where(name => name.Contains(request.Trim(), StringComparison.OrdinalIgnoreCase)).Take(5),
        ];
        string hint = alike.Length > 0 ? $" Did you mean: {string.Join(", ", alike)}?" : "";
        return new ClipException(
            ClipErrorKind.UnknownClass,
            $"{model.Name} has no class '{request}'; expected top, topN, one of its {model.Classes.Count} names or an " +
            $"index 0 to {model.Classes.Count - 1}.{hint} 'playfair models {model.Name}' lists them.");
    }
}
