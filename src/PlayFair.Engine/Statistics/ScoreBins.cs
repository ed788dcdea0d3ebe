using PlayFair.Attribution;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>How the scores of one kind are counted: bins of a histogram, and bands of confidence.</summary>
/// <remarks>The first and the last bin are open: they take what lies beyond them.</remarks>
internal sealed class ScoreBins
{
    public const int BandCount = 5;

    private readonly double _from;
    private readonly double _perUnit;
    private readonly bool _hasBands;

    private ScoreBins(double from, double perUnit, int count, bool hasBands)
    {
        _from = from;
        _perUnit = perUnit;
        Count = count;
        _hasBands = hasBands;
    }

    public int Count { get; }

    /// <summary>20 bins over [0, 1], in 5 bands.</summary>
    private static ScoreBins Probabilities { get; } = new(from: 0, perUnit: 20, count: 20, hasBands: true);

    /// <summary>40 bins over [−20, 20], all in one band.</summary>
    private static ScoreBins Logits { get; } = new(from: -20, perUnit: 1, count: 40, hasBands: false);

    /// <param name="score">A score's name.</param>
    public static ScoreBins For(string score) =>
        score == ScoreKinds.Name(ScoreKind.Logit) ? Logits : Probabilities;

    public int Bin(float score) => Floor((score - _from) * _perUnit, Count);

    public int Band(float score) => _hasBands ? Floor((double)score * BandCount, BandCount) : 0;

    /// <summary>A band's ends.</summary>
    public (double From, double To) Range(int band) =>
        _hasBands ? ((double)band / BandCount, (double)(band + 1) / BandCount) : (0, 1);

    /// <summary>The largest difference between two histograms' distributions.</summary>
    public static double KolmogorovSmirnov(
        ReadOnlySpan<long> now, long nowCount, ReadOnlySpan<long> then, long thenCount)
    {
        long nowBelow = 0;
        long thenBelow = 0;
        double largest = 0;
        for (int b = 0; b < now.Length; b++)
        {
            nowBelow += now[b];
            thenBelow += then[b];
            largest = Math.Max(largest, Math.Abs(((double)nowBelow / nowCount) - ((double)thenBelow / thenCount)));
        }

        return largest;
    }

    /// <summary><see cref="ScoreDrift.PopulationStabilityIndex"/>.</summary>
    public static double PopulationStabilityIndex(
        ReadOnlySpan<long> now, long nowCount, ReadOnlySpan<long> then, long thenCount)
    {
        // An empty bin would make the logarithm infinite.
        const double Raise = 0.5;
        double index = 0;
        for (int b = 0; b < now.Length; b++)
        {
            double p = (now[b] + Raise) / (nowCount + (Raise * now.Length));
            double q = (then[b] + Raise) / (thenCount + (Raise * now.Length));
            index += (p - q) * Math.Log(p / q);
        }

        return index;
    }

    private static int Floor(double place, int count) => (int)Math.Clamp(Math.Floor(place), 0, count - 1);
}
