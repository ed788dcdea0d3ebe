using System.Globalization;
using PlayFair.Models;

namespace PlayFair.Engine;

/// <summary>Which classes a user wants to see, in the order asked: the k highest scores, or named ones.</summary>
public sealed class ClassSelection
{
    private readonly IReadOnlyList<Request> _requests;

    private ClassSelection(IReadOnlyList<Request> requests) => _requests = requests;

    /// <summary>The top class and the runner-up.</summary>
    public static ClassSelection Default { get; } = Top(2);

    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public static ClassSelection Top(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new ClassSelection([new Request(count, Index: null)]);
    }

    /// <summary>
    /// Reads what a user asks for: <c>top</c>, <c>top5</c>, a class's name (in any case) or its index; several add up,
    /// none is <see cref="Default"/>.
    /// </summary>
    /// <exception cref="ClipException">The model has no such class; the message names those most like it.</exception>
    public static ClassSelection Parse(IReadOnlyCollection<string> requests, ModelPackage model)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(model);
        return requests.Count == 0 ? Default : new ClassSelection([.. requests.Select(request => Read(request, model))]);
    }

    /// <summary>Indices of the selected classes, none twice.</summary>
    /// <param name="ranked">Every class, highest score first.</param>
    public IReadOnlyList<int> In(IReadOnlyList<AttributedClass> ranked) =>
    [
        .. _requests
            .SelectMany(request => request.Index is { } index ? [index] : ranked.Take(request.TopCount).Select(c => c.Index))
            .Distinct(),
    ];

    /// <summary>Indices of the selected classes and of the top class, highest score first (ties: lower index first).</summary>
    /// <param name="scores">Every class's score, [class].</param>
    public int[] In(ReadOnlySpan<double> scores)
    {
        int[] ranked = new int[scores.Length];
        double[] keys = new double[scores.Length];
        for (int c = 0; c < ranked.Length; c++)
            (ranked[c], keys[c]) = (c, -scores[c]);
        // Stable for equals, as an array's sort is not.
        Array.Sort(ranked, (a, b) => keys[a] != keys[b] ? keys[a].CompareTo(keys[b]) : a.CompareTo(b));

        int count = 0;
        for (int place = 0; place < ranked.Length; place++)
        {
            if (place == 0 || IsSelected(ranked[place], place))
                ranked[count++] = ranked[place];
        }

        return ranked[..count];
    }

    private bool IsSelected(int index, int place)
    {
        foreach (Request request in _requests)
        {
            if (request.Index is { } wanted ? wanted == index : place < request.TopCount)
                return true;
        }

        return false;
    }

    private static Request Read(string text, ModelPackage model)
    {
        string request = text.Trim();
        // A class may be called "top": names come first.
        if (model.FindClass(request) is { } index)
            return new Request(TopCount: 0, index);
        return ParseTop(request) is { } count ? new Request(count, Index: null) : throw Unknown(request, model);
    }

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
        string[] alike = Alike(request, model.Classes);
        string hint = alike.Length > 0 ? $" Did you mean: {string.Join(", ", alike)}?" : "";
        return new ClipException(
            ClipErrorKind.UnknownClass,
            $"{model.Name} has no class '{request}'; expected top, topN, one of its {model.Classes.Count} names or an " +
            $"index 0 to {model.Classes.Count - 1}.{hint} 'playfair models {model.Name}' lists them.");
    }

    /// <summary>The names that contain the request; else the one that shares most of its pairs of letters, if any.</summary>
    private static string[] Alike(string request, IReadOnlyList<string> names)
    {
        const int Most = 5;
        const double LeastLikeness = 0.3;
        string[] containing =
        [
            .. names.Where(name => request.Length > 0 && name.Contains(request, StringComparison.OrdinalIgnoreCase)).Take(Most),
        ];
        if (containing.Length > 0)
            return containing;
        HashSet<string> wanted = LetterPairs(request);
        string nearest = names.MaxBy(Likeness)!;
        return Likeness(nearest) >= LeastLikeness ? [nearest] : [];

        // L. R. Dice's coefficient, 1945: the share of common members.
        double Likeness(string name)
        {
            HashSet<string> pairs = LetterPairs(name);
            return 2.0 * pairs.Count(wanted.Contains) / Math.Max(1, pairs.Count + wanted.Count);
        }
    }

    private static HashSet<string> LetterPairs(string text) =>
        [.. text.Zip(text.Skip(1), (a, b) => $"{char.ToUpperInvariant(a)}{char.ToUpperInvariant(b)}")];

    /// <param name="TopCount">How many of the highest scores, where there is no index.</param>
    /// <param name="Index">A class's index.</param>
    private readonly record struct Request(int TopCount, int? Index);
}
