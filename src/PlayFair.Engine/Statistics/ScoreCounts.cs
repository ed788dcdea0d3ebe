using System.Runtime.InteropServices;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>What is counted of the updates that attribute one score, as integers.</summary>
internal sealed class ScoreCounts(string score)
{
    private readonly ScoreBins _bins = ScoreBins.For(score);
    private readonly Dictionary<(int From, int To), long> _transitions = [];

    public long WindowCount { get; private set; }

    /// <summary>Every class that was reported, by index.</summary>
    public SortedList<int, ClassCounts> Classes { get; } = [];

    /// <summary>How often one top class followed another, in the order of the two.</summary>
    public IEnumerable<ClassTransition> Transitions =>
        _transitions.OrderBy(entry => entry.Key)
            .Select(entry => new ClassTransition(entry.Key.From, entry.Key.To, entry.Value));

    public void Add(AttributionUpdate update)
    {
        WindowCount++;
        for (int c = 0; c < update.Classes.Count; c++)
        {
            ReportedClass reported = update.Classes[c];
            Class(reported.Index, reported.Name).Add(reported, isTop: c == 0);
        }

        if (update.PreviousTopClass is { } previous)
            AddTransitions(previous, update.TopClass, count: 1);
    }

    /// <summary>Adds what another one wrote.</summary>
    public void Merge(ref CountsReader reader)
    {
        WindowCount += reader.ReadCount();
        for (int left = reader.ReadLength(); left > 0; left--)
        {
            int index = reader.ReadIndex();
            Class(index, reader.ReadText()).Merge(ref reader);
        }

        for (int left = reader.ReadLength(); left > 0; left--)
            AddTransitions(reader.ReadIndex(), reader.ReadIndex(), reader.ReadCount());
    }

    public void Write(CountsWriter writer)
    {
        writer.WriteCount(WindowCount);
        writer.WriteCount(Classes.Count);
        foreach ((int index, ClassCounts counts) in Classes)
        {
            writer.WriteCount(index);
            writer.WriteText(counts.Name);
            counts.Write(writer);
        }

        writer.WriteCount(_transitions.Count);
        foreach (ClassTransition transition in Transitions)
        {
            writer.WriteCount(transition.From);
            writer.WriteCount(transition.To);
            writer.WriteCount(transition.Count);
        }
    }

    private ClassCounts Class(int index, string name)
    {
        if (!Classes.TryGetValue(index, out ClassCounts? counts))
        {
            counts = new ClassCounts(name, _bins);
            Classes.Add(index, counts);
        }
        else if (name != counts.Name)
        {
            counts.Rename(name);
        }

        return counts;
    }

    private void AddTransitions(int from, int to, long count) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_transitions, (from, to), out _) += count;
}
