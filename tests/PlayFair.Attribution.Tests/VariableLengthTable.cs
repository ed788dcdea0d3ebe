using System.Numerics;

namespace PlayFair.Attribution.Tests;

/// <summary>A variable-length model whose every answer is written in a table, and its values by definition.</summary>
/// <param name="logits">By bit mask of the subsequence's frames, [class].</param>
internal sealed class VariableLengthTable(int frameCount, float[][] logits) : IVariableLengthModel
{
    private readonly List<int> _evaluated = [];

    public int FrameCount => frameCount;

    public int ClassCount => logits[1].Length;

    /// <summary>The subsequences asked for so far, as bit masks.</summary>
    public IReadOnlyList<int> Evaluated => _evaluated;

    /// <summary>How often the model was called.</summary>
    public int CallCount { get; private set; }

    /// <summary>
    /// Frames with values of their own, values of pairs of frames, and for each subset noise: no order of interaction
    /// is missing. Each part is uniform on −1..1 times its weight.
    /// </summary>
    public static VariableLengthTable Random(
        int frameCount, int classCount, int seed, double single = 1, double pair = 0.5, double noise = 0.2)
    {
        var random = new Random(seed);
        double Draw() => (2 * random.NextDouble()) - 1;
        var logits = new float[1 << frameCount][];
        for (int subset = 0; subset < logits.Length; subset++)
            logits[subset] = new float[classCount];
        for (int c = 0; c < classCount; c++)
        {
            double[,] values = new double[frameCount, frameCount];
            for (int i = 0; i < frameCount; i++)
            {
                for (int j = 0; j <= i; j++)
                    values[i, j] = Draw() * (i == j ? single : pair);
            }

            for (int subset = 1; subset < logits.Length; subset++)
            {
                double sum = noise * Draw();
                for (int i = 0; i < frameCount; i++)
                {
                    for (int j = 0; j <= i; j++)
                        sum += (subset >> i & subset >> j & 1) == 1 ? values[i, j] : 0;
                }

                logits[subset][c] = (float)sum;
            }
        }

        return new VariableLengthTable(frameCount, logits);
    }

    /// <summary>φ, [frame × class], from Eq. 7, in double.</summary>
    public double[] Values(double[] prior, ScoreKind score)
    {
        double[][] v = Array.ConvertAll(logits, row => Score(row, score));
        v[0] = score == ScoreKind.Logit ? Array.ConvertAll(prior, Math.Log) : prior;
        var values = new double[frameCount * ClassCount];
        for (int i = 0; i < frameCount; i++)
        {
            for (int subset = 0; subset < v.Length; subset++)
            {
                if ((subset >> i & 1) == 1)
                    continue;
                int k = BitOperations.PopCount((uint)subset);
                double orders = Enumerable.Range(1, k).Aggregate(1.0, (product, j) => product * (frameCount - j) / j);
                for (int c = 0; c < ClassCount; c++)
                    values[(i * ClassCount) + c] += (v[subset | 1 << i][c] - v[subset][c]) / orders / frameCount;
            }
        }

        return values;
    }

    public void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> output)
    {
        CallCount++;
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

    private static double[] Score(float[] z, ScoreKind score)
    {
        double[] wide = Array.ConvertAll(z, x => (double)x);
        if (score == ScoreKind.Logit)
            return wide;
        double[] e = Array.ConvertAll(wide, x => Math.Exp(x - wide.Max()));
        return Array.ConvertAll(e, x => x / e.Sum());
    }
}
