using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// The scores v(X') of a variable-length model's subsequences, in double, and how many were asked for.
/// </summary>
internal sealed class CoalitionScores
{
    // Enough to keep a model's matrix products large, few enough that 512 frames' positions stay within a few
    // megabytes.
    private const int BatchSize = 1024;

    private readonly Game _game;
    private float[] _logits = [];

    /// <param name="game">Its model takes subsequences of any length.</param>
    /// <param name="estimator">Who asks, for the message.</param>
    /// <exception cref="ArgumentException">The model has scales of its own.</exception>
    public CoalitionScores(Game game, string estimator)
    {
        ArgumentNullException.ThrowIfNull(game);
        if (game.Model is not IVariableLengthModel)
        {
            throw new ArgumentException(
                $"The estimator '{estimator}' needs a model that takes subsequences of any length by itself, and "
                + $"this one is a mean over scales (n_max = {game.Model.MaxScale}). Use '{ExactEsv.EstimatorName}', "
                + $"'{SampledEsv.EstimatorName}' or, where it takes the score, '{ClosedFormSampling.EstimatorName}'.",
                nameof(game));
        }

        _game = game;
    }

    /// <summary>How many subsequences were given to the model.</summary>
    public long EvaluationCount { get; private set; }

    /// <summary>f(X), [class].</summary>
    public double[] OfAllFrames()
    {
        var scores = new double[_game.ClassCount];
        Evaluate(_game.FrameCount, [.. Enumerable.Range(0, _game.FrameCount)], scores, CancellationToken.None);
        return scores;
    }

    /// <summary>Scores subsequences of one length.</summary>
    /// <param name="length">From 1 to n.</param>
    /// <param name="subsequences">[count × length], each row ascending.</param>
    /// <param name="scores">[count × class], overwritten.</param>
    /// <param name="ct">Ends it before the next batch.</param>
    public void Evaluate(int length, ReadOnlySpan<int> subsequences, Span<double> scores, CancellationToken ct)
    {
        int classCount = _game.ClassCount;
        int count = subsequences.Length / length;
        for (int first = 0; first < count; first += BatchSize)
        {
            ct.ThrowIfCancellationRequested();
            int batchCount = Math.Min(BatchSize, count - first);
            if (_logits.Length < batchCount * classCount)
                _logits = new float[batchCount * classCount];
            var logits = _logits.AsSpan(0, batchCount * classCount);
            _game.Evaluate(length, subsequences.Slice(first * length, batchCount * length), logits);
            EvaluationCount += batchCount;

            var batch = scores.Slice(first * classCount, logits.Length);
            TensorPrimitives.ConvertTruncating<float, double>(logits, batch);
            if (_game.Score == ScoreKind.SoftmaxOfMean)
            {
                for (int b = 0; b < batchCount; b++)
                    Softmax(batch.Slice(b * classCount, classCount));
            }
        }
    }

    // TensorPrimitives.SoftMax does not subtract the maximum, so it overflows from a logit of 709 on.
    private static void Softmax(Span<double> row)
    {
        TensorPrimitives.Subtract(row, TensorPrimitives.Max<double>(row), row);
        TensorPrimitives.Exp(row, row);
        TensorPrimitives.Divide(row, TensorPrimitives.Sum<double>(row), row);
    }
}
