using System.Numerics;

namespace PlayFair.Attribution.Tests;

/// <summary>A multi-scale model whose every answer is written in a table: any f^s can be built.</summary>
/// <param name="logits">By bit mask of the subsequence's frames: f of that subsequence, [class].</param>
internal sealed class TableModel(int frameCount, int maxScale, float[][] logits) : IMultiScaleModel
{
    private readonly List<int> _evaluated = [];

    public int FrameCount => frameCount;

    public int ClassCount => logits[1].Length;

    public int MaxScale => maxScale;

    /// <summary>The subsequences asked for so far, as bit masks.</summary>
    public IReadOnlyList<int> Evaluated => _evaluated;

    public static TableModel Random(int frameCount, int maxScale, int classCount, int seed, double scale = 2)
    {
        var random = new Random(seed);
        var logits = new float[1 << frameCount][];
        for (int subset = 0; subset < logits.Length; subset++)
        {
            logits[subset] = new float[classCount];
            for (int c = 0; c < classCount; c++)
                logits[subset][c] = (float)(scale * (random.NextDouble() - 0.5));
        }

        return new TableModel(frameCount, maxScale, logits);
    }

    /// <summary>
    /// The model whose multi-scale mean is any given game: F(S) = v(S) for every non-empty S when
    /// f^s(S) = s·v(S) − (s−1)·mean of v over the children of S, which solves Eq. 9 for f^s.
    /// </summary>
    /// <param name="v">By bit mask, [class].</param>
    public static TableModel OfGame(int frameCount, double[][] v)
    {
        var logits = new float[v.Length][];
        for (int subset = 0; subset < v.Length; subset++)
        {
            int s = BitOperations.PopCount((uint)subset);
            logits[subset] = new float[v[subset].Length];
            for (int c = 0; c < logits[subset].Length; c++)
            {
                double childrenMean = 0;
                for (int i = 0; i < frameCount; i++)
                {
                    if ((subset >> i & 1) == 1)
                        childrenMean += v[subset ^ (1 << i)][c] / s;
                }

                logits[subset][c] = (float)((s * v[subset][c]) - ((s - 1) * childrenMean));
            }
        }

        return new TableModel(frameCount, frameCount, logits);
    }

    public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> output)
    {
        for (int row = 0; row < subsequences.Length / scale; row++)
        {
            var positions = subsequences.Slice(row * scale, scale);
            int subset = 0;
            for (int p = 0; p < scale; p++)
            {
                Assert.True(p == 0 || positions[p] > positions[p - 1], "Positions ascend.");
                subset |= 1 << positions[p];
            }

            lock (_evaluated)
                _evaluated.Add(subset);
            logits[subset].CopyTo(output[(row * ClassCount)..]);
        }
    }
}
