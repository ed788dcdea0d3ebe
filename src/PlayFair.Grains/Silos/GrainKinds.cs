using PlayFair.Contracts;

namespace PlayFair.Grains;

/// <summary>What users call the kinds of grains.</summary>
internal static class GrainKinds
{
    private static readonly Dictionary<string, string> s_names = new(StringComparer.Ordinal)
    {
        [nameof(VideoGrain)] = "video",
        [nameof(FeatureGrain)] = "features",
        [nameof(AnalyticsGrain)] = "analytics",
        [nameof(CatalogGrain)] = "catalog",
    };

    /// <summary>Activations of each kind at each silo, ordered by kind and silo.</summary>
    /// <param name="name">Of a silo.</param>
    public static IReadOnlyList<GrainCount> Count(IEnumerable<SimpleGrainStatistic> statistics, Func<SiloAddress, string> name) =>
    [
        .. statistics
            .Select(one => (Kind: s_names.GetValueOrDefault(ClassOf(one.GrainType)), Silo: name(one.SiloAddress), one.ActivationCount))
            .Where(one => one.Kind is not null)
            .GroupBy(one => (one.Kind, one.Silo))
            .Select(group => new GrainCount(group.Key.Kind!, group.Key.Silo, group.Sum(one => one.ActivationCount)))
            .OrderBy(count => count.Kind, StringComparer.Ordinal).ThenBy(count => count.Silo, StringComparer.Ordinal),
    ];

    /// <summary>"VideoGrain" of "PlayFair.Grains.VideoGrain,PlayFair.Grains".</summary>
    private static string ClassOf(string type) => type.Split(',')[0].Split('.')[^1];
}
