using System.Numerics;
using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>Sums of one scale's scores: over all subsequences, and for each frame over those that hold it.</summary>
/// <remarks>The sum over those without a frame is the difference, so it costs nothing per subsequence.</remarks>
internal sealed class ScoreSums(int frameCount, int classCount)
{
    private readonly double[] _with = new double[frameCount * classCount];
    private readonly double[] _total = new double[classCount];

    /// <summary>The sum over all subsequences, [class].</summary>
    public ReadOnlySpan<double> Total => _total;

    public void Clear()
    {
        Array.Clear(_with);
        Array.Clear(_total);
    }

    /// <summary>Counts one subsequence: its ascending frame positions and its score, [class].</summary>
    public void Add(ReadOnlySpan<int> subsequence, ReadOnlySpan<float> score)
    {
        int c = 0;

        // A lane is a class; a score is widened once and added to the total and to each member's row.
        for (; c <= score.Length - Vector<float>.Count; c += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(score[c..]), out var low, out var high);
            Accumulate(_total, c, low, high);
            foreach (int frame in subsequence)
                Accumulate(_with, (frame * classCount) + c, low, high);
        }

        for (; c < score.Length; c++)
        {
            _total[c] += score[c];
            foreach (int frame in subsequence)
                _with[(frame * classCount) + c] += score[c];
        }
    }

    /// <summary>φ_i ← φ_i + withWeight·(sum with i) + withoutWeight·(sum without i), [frame × class].</summary>
    public void AddTo(Span<double> phi, double withWeight, double withoutWeight)
    {
        for (int frame = 0; frame < frameCount; frame++)
        {
            var row = phi.Slice(frame * classCount, classCount);
            var with = _with.AsSpan(frame * classCount, classCount);
            TensorPrimitives.MultiplyAdd(_total, withoutWeight, row, row);
            TensorPrimitives.MultiplyAdd(with, withWeight - withoutWeight, row, row);
        }
    }

    private static void Accumulate(double[] sum, int start, Vector<double> low, Vector<double> high)
    {
        (new Vector<double>(sum, start) + low).CopyTo(sum, start);
        (new Vector<double>(sum, start + Vector<double>.Count) + high).CopyTo(sum, start + Vector<double>.Count);
    }
}
