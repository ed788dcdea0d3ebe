using System.Numerics;
using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>Exact Element Shapley Values of a multi-scale model, by enumerating every subsequence.</summary>
/// <remarks>
/// <para>
/// With v(X') the score of a subsequence, φ_i = 1/n Σ_{k=0}^{n−1} (E[v(X' ∪ x_i)] − E[v(X')]) over X' uniform among
/// the size-k subsequences without x_i (paper Eq. 7). The multi-scale means F are built bottom-up (Eq. 9), where the
/// children of a subsequence are those with one frame less: F = (f^s + (s−1)·mean of F over the children) / s for
/// s ≤ n_max, and F = mean of F over the children for s &gt; n_max. (Line 12 of the paper's Algorithm 1 has a factor
/// (s−1)/s for s &gt; n_max too; Eq. 9 and the authors' code do not, and they are right.)
/// </para>
/// <para>
/// Cost: 2^n·n/2 additions per class three times over, and Σ_{s ≤ n_max} C(n, s) model evaluations. Memory: two
/// adjacent scales of F as floats, at most 2·C(n, ⌊n/2⌋)·C·4 bytes. Sums run in double and in a fixed order.
/// </para>
/// </remarks>
public static class ExactEsv
{
    /// <summary>The most frames that are enumerated: 2^20 subsequences.</summary>
    public const int MaxFrameCount = 20;

    private const int BatchSize = 256;

    /// <summary>Computes φ of every frame for every class.</summary>
    /// <param name="model">The single-scale models on the window's frames.</param>
    /// <param name="prior">Class prior, [class], probabilities: what the empty subsequence scores.</param>
    /// <param name="score">Which score to attribute.</param>
    /// <param name="ct">Ends the enumeration early.</param>
    /// <exception cref="ArgumentException">
    /// The model has no frame or more than <see cref="MaxFrameCount"/>; one scale would not fit into an array; the
    /// prior has another length than the classes or an entry that is negative, not finite, or (for
    /// <see cref="ScoreKind.Logit"/>) zero; or the model returned a logit that is not finite.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ElementShapleyValues Compute(
        IMultiScaleModel model, ReadOnlySpan<double> prior, ScoreKind score, CancellationToken ct = default)
    {
        var game = new Game(model, prior, score);
        int n = model.FrameCount;
        int classCount = model.ClassCount;
        CheckModel(model);
        double[] emptyScore = game.EmptyScores;

        var phi = new double[n * classCount];
        for (int i = 0; i < n; i++)
            TensorPrimitives.Divide(emptyScore, -n, phi.AsSpan(i * classCount, classCount));

        int largestScaleLength = Binomial.Choose(n, n / 2) * classCount;
        var current = new float[largestScaleLength];
        var previous = new float[largestScaleLength];
        var sums = new ScoreSums(n, classCount);
        long evaluationCount = 0;
        for (int s = 1; s <= n; s++)
        {
            sums.Clear();
            evaluationCount += EnumerateScale(game, s, previous, current, sums, ct);

            // With frame i: C(n−1, s−1) subsequences of this scale. Without: the base of the next scale's marginals.
            double withWeight = 1.0 / n / Binomial.Choose(n - 1, s - 1);
            double withoutWeight = s < n ? -1.0 / n / Binomial.Choose(n - 1, s) : 0;
            sums.AddTo(phi, withWeight, withoutWeight);
            (previous, current) = (current, previous);
        }

        return new ElementShapleyValues
        {
            FrameCount = n,
            ClassCount = classCount,
            ScoreKind = score,
            Values = phi,
            Scores = sums.Total.ToArray(),
            Prior = emptyScore,
            EvaluationCount = evaluationCount,
            Estimator = "exact",
            SampleCount = 0,
            StopReason = StopReason.Exact,
        };
    }

    /// <summary>
    /// Fills <paramref name="current"/> with F of all size-<paramref name="s"/> subsequences, [colex rank × class],
    /// from <paramref name="previous"/>, the same for size s − 1, and adds their scores to <paramref name="sums"/>.
    /// </summary>
    /// <returns>The number of model evaluations.</returns>
    private static long EnumerateScale(
        Game game, int s, float[] previous, float[] current, ScoreSums sums,
        CancellationToken ct)
    {
        ISubsequenceModel model = game.Model;
        ScoreKind score = game.Score;
        int classCount = model.ClassCount;
        int count = Binomial.Choose(model.FrameCount, s);
        bool isEvaluated = s <= model.MaxScale;
        var positions = new int[BatchSize * s];
        var evaluated = isEvaluated ? new float[BatchSize * classCount] : [];
        var probabilities = new float[classCount];
        Span<int> childOffsets = stackalloc int[s];
        double ownWeight = 1.0 / s;
        double childWeight = isEvaluated ? (s - 1.0) / s / s : 1.0 / s;

        // Ascending masks of one size are in colexicographic order, so a row's index is its subsequence's colex rank.
        uint mask = (1u << s) - 1;
        for (int first = 0; first < count; first += BatchSize)
        {
            ct.ThrowIfCancellationRequested();
            int batchCount = Math.Min(BatchSize, count - first);
            for (int b = 0; b < batchCount; b++)
            {
                WritePositions(mask, positions.AsSpan(b * s, s));
                mask = NextOfSameSize(mask);
            }

            if (isEvaluated)
            {
                var rows = evaluated.AsSpan(0, batchCount * classCount);
                game.Evaluate(s, positions.AsSpan(0, batchCount * s), rows);
                if (score == ScoreKind.MeanOfSoftmax)
                {
                    for (int b = 0; b < batchCount; b++)
                        Softmax(rows.Slice(b * classCount, classCount), rows.Slice(b * classCount, classCount));
                }
            }

            for (int b = 0; b < batchCount; b++)
            {
                var subsequence = positions.AsSpan(b * s, s);
                var mean = current.AsSpan((first + b) * classCount, classCount);
                if (s > 1)
                    WriteChildOffsets(subsequence, classCount, childOffsets);
                Combine(
                    isEvaluated ? evaluated.AsSpan(b * classCount, classCount) : [], ownWeight,
                    previous, s > 1 ? childOffsets : [], childWeight, mean);
                if (score == ScoreKind.SoftmaxOfMean)
                {
                    Softmax(mean, probabilities);
                    sums.Add(subsequence, probabilities);
                }
                else
                {
                    sums.Add(subsequence, mean);
                }
            }
        }

        return isEvaluated ? count : 0;
    }

    /// <summary>The next larger mask with as many bits (R. W. Gosper, HAKMEM item 175, 1972).</summary>
    private static uint NextOfSameSize(uint mask)
    {
        uint lowest = mask & (0 - mask);
        uint ripple = mask + lowest;
        return ripple | (((mask ^ ripple) >> 2) >> BitOperations.TrailingZeroCount(lowest));
    }

    private static void WritePositions(uint mask, Span<int> positions)
    {
        for (int i = 0; i < positions.Length; i++)
        {
            positions[i] = BitOperations.TrailingZeroCount(mask);
            mask &= mask - 1;
        }
    }

    /// <summary>
    /// Where the children's rows start. The colex rank of t_0 &lt; t_1 &lt; … is Σ_j C(t_j, j+1); without t_i, later
    /// members move one place down.
    /// </summary>
    private static void WriteChildOffsets(ReadOnlySpan<int> subsequence, int classCount, Span<int> offsets)
    {
        int rank = 0;
        for (int j = 1; j < subsequence.Length; j++)
            rank += Binomial.Choose(subsequence[j], j);
        offsets[0] = rank * classCount;
        for (int i = 1; i < subsequence.Length; i++)
        {
            rank += Binomial.Choose(subsequence[i - 1], i) - Binomial.Choose(subsequence[i], i);
            offsets[i] = rank * classCount;
        }
    }

    /// <summary>mean ← ownWeight·own + childWeight·Σ children; <paramref name="own"/> is empty above n_max.</summary>
    private static void Combine(
        ReadOnlySpan<float> own, double ownWeight, float[] previous, ReadOnlySpan<int> childOffsets, double childWeight,
        Span<float> mean)
    {
        int c = 0;

        // A lane is a class. Widened halves keep the children's sum in double; the tail runs one class at a time.
        for (; c <= mean.Length - Vector<float>.Count; c += Vector<float>.Count)
        {
            var low = Vector<double>.Zero;
            var high = Vector<double>.Zero;
            foreach (int offset in childOffsets)
            {
                Vector.Widen(new Vector<float>(previous, offset + c), out var childLow, out var childHigh);
                low += childLow;
                high += childHigh;
            }

            low *= childWeight;
            high *= childWeight;
            if (!own.IsEmpty)
            {
                Vector.Widen(new Vector<float>(own[c..]), out var ownLow, out var ownHigh);
                low += ownWeight * ownLow;
                high += ownWeight * ownHigh;
            }

            Vector.Narrow(low, high).CopyTo(mean[c..]);
        }

        for (; c < mean.Length; c++)
        {
            double sum = 0;
            foreach (int offset in childOffsets)
                sum += previous[offset + c];
            sum *= childWeight;
            if (!own.IsEmpty)
                sum += ownWeight * own[c];
            mean[c] = (float)sum;
        }
    }

    // TensorPrimitives.SoftMax does not subtract the maximum, so it overflows from a logit of 89 on.
    private static void Softmax(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
        TensorPrimitives.Exp(probabilities, probabilities);
        TensorPrimitives.Divide(probabilities, TensorPrimitives.Sum<float>(probabilities), probabilities);
    }

    private static void CheckModel(IMultiScaleModel model)
    {
        int n = model.FrameCount;
        if (n is < 1 or > MaxFrameCount)
        {
            throw new ArgumentException(
                $"The window has {n} frames. Exact values enumerate every subsequence and take 1 to {MaxFrameCount} "
                + "frames; use fewer frames.",
                nameof(model));
        }

        long largestScaleLength = (long)Binomial.Choose(n, n / 2) * model.ClassCount;
        if (largestScaleLength > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{n} frames with {model.ClassCount} classes need {largestScaleLength} scores at once, expected at "
                + $"most {Array.MaxLength}; use fewer frames.",
                nameof(model));
        }
    }
}
