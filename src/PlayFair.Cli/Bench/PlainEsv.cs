using System.Numerics;

namespace PlayFair.Cli.Bench;

/// <summary>
/// Element Shapley Values written down from their definitions: what the engine's speed is compared with. Every
/// subsequence goes through both layers by itself, in plain loops, and every score is then a mean over all its
/// subsequences' logits.
/// </summary>
/// <remarks>
/// Kept from being needlessly slow: a subsequence's logits are computed once, and each score once. Sets are bit masks.
/// </remarks>
internal static class PlainEsv
{
    /// <summary>φ of <c>softmax-of-mean</c> for TRN, [frame × class].</summary>
    public static double[] Trn(BenchWorkload workload, float[] features, int frameCount)
    {
        var logits = new float[1 << frameCount][];
        for (int set = 1; set < logits.Length; set++)
        {
            int s = BitOperations.PopCount((uint)set);
            if (s > BenchWorkload.MaxScale)
                continue;
            (float[] w1, float[] b1, float[] w2, float[] b2) = workload.Scales[s - 1];
            float[] hidden = Apply(w1, b1, Concatenate(features, set, s));
            for (int h = 0; h < hidden.Length; h++)
                hidden[h] = Math.Max(hidden[h], 0);
            logits[set] = Apply(w2, b2, hidden);
        }

        return Compute(frameCount, workload.Prior, set => MultiScaleMean(logits, set));
    }

    /// <summary>φ of <c>softmax-of-mean</c> for TSN, [frame × class].</summary>
    public static double[] Tsn(BenchWorkload workload, float[] features, int frameCount)
    {
        var logits = new float[frameCount][];
        for (int i = 0; i < frameCount; i++)
        {
            float[] frame = Concatenate(features, 1 << i, 1);
            for (int d = 0; d < frame.Length; d++)
                frame[d] = Math.Max(frame[d], 0);
            logits[i] = Apply(workload.TsnWeights, workload.TsnBias, frame);
        }

        return Compute(frameCount, workload.Prior, set =>
        {
            var mean = new double[workload.Prior.Length];
            for (int i = 0; i < frameCount; i++)
            {
                for (int c = 0; (set >> i & 1) == 1 && c < mean.Length; c++)
                    mean[c] += logits[i][c] / (double)BitOperations.PopCount((uint)set);
            }

            return mean;
        });
    }

    /// <summary>The paper's Eq. 7 over all sets.</summary>
    private static double[] Compute(int frameCount, double[] prior, Func<int, double[]> meanLogits)
    {
        int classCount = prior.Length;
        var scores = new double[1 << frameCount][];
        scores[0] = prior;
        for (int set = 1; set < scores.Length; set++)
            scores[set] = Softmax(meanLogits(set));

        var values = new double[frameCount * classCount];
        for (int i = 0; i < frameCount; i++)
        {
            for (int set = 0; set < scores.Length; set++)
            {
                if ((set >> i & 1) == 1)
                    continue;
                double weight = 1 / (frameCount * Choose(frameCount - 1, BitOperations.PopCount((uint)set)));
                double[] with = scores[set | 1 << i];
                for (int c = 0; c < classCount; c++)
                    values[(i * classCount) + c] += weight * (with[c] - scores[set][c]);
            }
        }

        return values;
    }

    /// <summary>The paper's Eq. 8: the mean over scales of the mean over all subsequences of that scale.</summary>
    private static double[] MultiScaleMean(float[][] logits, int set)
    {
        int size = BitOperations.PopCount((uint)set);
        int scaleCount = Math.Min(size, BenchWorkload.MaxScale);
        var mean = new double[BenchWorkload.ClassCount];
        for (int part = set; part > 0; part = (part - 1) & set)
        {
            if (logits[part] is not { } own)
                continue;
            double weight = 1 / (scaleCount * Choose(size, BitOperations.PopCount((uint)part)));
            for (int c = 0; c < mean.Length; c++)
                mean[c] += weight * own[c];
        }

        return mean;
    }

    private static float[] Concatenate(float[] features, int set, int size)
    {
        const int Size = BenchWorkload.FeatureSize;
        var input = new float[size * Size];
        for (int i = 0, place = 0; set >> i != 0; i++)
        {
            if ((set >> i & 1) == 1)
                Array.Copy(features, i * Size, input, place++ * Size, Size);
        }

        return input;
    }

    /// <summary>W·x + b.</summary>
    private static float[] Apply(float[] weights, float[] bias, float[] input)
    {
        var output = new float[bias.Length];
        for (int row = 0; row < output.Length; row++)
        {
            float sum = bias[row];
            for (int i = 0; i < input.Length; i++)
                sum += weights[(row * input.Length) + i] * input[i];
            output[row] = sum;
        }

        return output;
    }

    private static double[] Softmax(double[] logits)
    {
        double max = logits.Max();
        double[] exponentials = Array.ConvertAll(logits, z => Math.Exp(z - max));
        double sum = exponentials.Sum();
        return Array.ConvertAll(exponentials, e => e / sum);
    }

    private static double Choose(int n, int k)
    {
        double product = 1;
        for (int j = 1; j <= k; j++)
            product = product * (n - k + j) / j;
        return product;
    }
}
