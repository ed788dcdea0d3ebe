using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>What is counted of one class, as integers.</summary>
internal sealed class ClassCounts(string name, ScoreBins bins)
{
    private readonly long[] _histogram = new long[bins.Count];
    private readonly SortedList<int, PositionCounts> _positions = [];

    // Of the windows whose top class it was, by confidence band.
    private readonly long[] _topCounts = new long[ScoreBins.BandCount];
    private readonly long[] _topFrames = new long[ScoreBins.BandCount];
    private readonly long[] _topSupportingFrames = new long[ScoreBins.BandCount];
    private Int128 _score;

    public string Name { get; private set; } = name;

    public long WindowCount { get; private set; }

    public long TopCount => _topCounts.Sum();

    private double MeanScore => FixedPoint.Mean(_score, WindowCount);

    public void Add(ReportedClass reported, bool isTop)
    {
        WindowCount++;
        _score += FixedPoint.Steps(reported.Score);
        _histogram[bins.Bin(reported.Score)]++;
        int supportingCount = Positions(reported.Esv.Length).Add(reported.Esv);
        if (!isTop)
            return;
        int band = bins.Band(reported.Score);
        _topCounts[band]++;
        _topFrames[band] += reported.Esv.Length;
        _topSupportingFrames[band] += supportingCount;
    }

    /// <summary>Of several names one stays, whatever their order: a model may change and keep its version.</summary>
    public void Rename(string name)
    {
        if (string.CompareOrdinal(name, Name) < 0)
            Name = name;
    }

    /// <summary>Adds what another one wrote after its name.</summary>
    public void Merge(ref CountsReader reader)
    {
        WindowCount += reader.ReadCount();
        _score += reader.ReadSum();
        reader.AddCounts(_histogram);
        reader.AddCounts(_topCounts);
        reader.AddCounts(_topFrames);
        reader.AddCounts(_topSupportingFrames);
        for (int left = reader.ReadLength(); left > 0; left--)
            Positions(reader.ReadLength()).Merge(ref reader);
    }

    public void Write(CountsWriter writer)
    {
        writer.WriteCount(WindowCount);
        writer.WriteSum(_score);
        writer.WriteCounts(_histogram);
        writer.WriteCounts(_topCounts);
        writer.WriteCounts(_topFrames);
        writer.WriteCounts(_topSupportingFrames);
        writer.WriteCount(_positions.Count);
        foreach ((int length, PositionCounts positions) in _positions)
        {
            writer.WriteCount(length);
            positions.Write(writer);
        }
    }

    /// <param name="reference">The class in the reference period; null where it was not reported then.</param>
    public ClassStatistics Report(int index, ClassCounts? reference) => new(
        index,
        Name,
        WindowCount,
        TopCount,
        MeanScore,
        [.. _positions.Values.Select(positions => positions.Report())],
        reference is null ? null : DriftFrom(reference));

    public IEnumerable<PredictionStatistics> ReportPredictions(int index)
    {
        for (int band = 0; band < ScoreBins.BandCount; band++)
        {
            if (_topCounts[band] == 0)
                continue;
            (double from, double to) = bins.Range(band);
            double share = (double)_topSupportingFrames[band] / _topFrames[band];
            yield return new PredictionStatistics(index, Name, from, to, _topCounts[band], share);
        }
    }

    private ScoreDrift DriftFrom(ClassCounts reference) => new(
        reference.WindowCount,
        MeanScore - reference.MeanScore,
        ScoreBins.KolmogorovSmirnov(_histogram, WindowCount, reference._histogram, reference.WindowCount),
        ScoreBins.PopulationStabilityIndex(_histogram, WindowCount, reference._histogram, reference.WindowCount));

    private PositionCounts Positions(int length)
    {
        if (!_positions.TryGetValue(length, out PositionCounts? positions))
        {
            positions = new PositionCounts(length);
            _positions.Add(length, positions);
        }

        return positions;
    }
}
