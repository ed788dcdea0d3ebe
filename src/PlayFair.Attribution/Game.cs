using System.Numerics.Tensors;

namespace PlayFair.Attribution;

/// <summary>
/// What is attributed: a model on a window's frames, the score of it, and what no frame at all scores. In game theory's
/// words a cooperative game whose players are the frames, one for each class.
/// </summary>
public sealed class Game
{
    /// <param name="model">The model on the window's frames.</param>
    /// <param name="prior">Class prior, [class], probabilities: what the empty subsequence scores.</param>
    /// <param name="score">Which score to attribute.</param>
    /// <exception cref="ArgumentException">
    /// The model has no frame, class or scale; the prior has another length than the classes or an entry that is negative,
    /// not finite, or (for <see cref="ScoreKind.Logit"/>) zero; or the model has no such score.
    /// </exception>
    public Game(ISubsequenceModel model, ReadOnlySpan<double> prior, ScoreKind score)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.FrameCount < 1 || model.ClassCount < 1 || model.MaxScale < 1)
        {
            throw new ArgumentException(
                $"The window has {model.FrameCount} frames and the model {model.ClassCount} classes and {model.MaxScale} scales, "
                + "expected at least 1 of each.",
                nameof(model));
        }

        if (model is IVariableLengthModel && score == ScoreKind.MeanOfSoftmax)
        {
            throw new ArgumentException(
                $"The score '{ScoreKinds.Name(score)}' is a mean over single-scale models, and this model takes any "
                + $"length by itself. Attribute '{ScoreKinds.Name(ScoreKind.SoftmaxOfMean)}'.",
                nameof(score));
        }

        Model = model;
        Score = score;
        EmptyScores = ScoreOfEmpty(prior, model.ClassCount, score);
    }

    public ISubsequenceModel Model { get; }

    public ScoreKind Score { get; }

    /// <summary>n.</summary>
    public int FrameCount => Model.FrameCount;

    /// <summary>C.</summary>
    public int ClassCount => Model.ClassCount;

    /// <summary>f(∅), [class]: the prior, or for <see cref="ScoreKind.Logit"/> its natural logarithm.</summary>
    public double[] EmptyScores { get; }

    /// <summary>Evaluates the model on subsequences of one length, and refuses logits that are not finite.</summary>
    /// <exception cref="NotFiniteNumberException">A logit is not finite.</exception>
    internal void Evaluate(int scale, ReadOnlySpan<int> subsequences, Span<float> logits)
    {
        Model.Evaluate(scale, subsequences, logits);
        if (TensorPrimitives.IsFiniteAll<float>(logits))
            return;
        int index = 0;
        while (float.IsFinite(logits[index]))
            index++;
        string frames = string.Join(", ", subsequences.Slice(index / ClassCount * scale, scale).ToArray());
        throw new NotFiniteNumberException(
            $"The model's logit of class {index % ClassCount} for frames [{frames}] is {logits[index]}, expected a "
            + "finite number; check its weights and the features.",
            logits[index]);
    }

    private static double[] ScoreOfEmpty(ReadOnlySpan<double> prior, int classCount, ScoreKind score)
    {
        // Also refuses a value outside the enumeration.
        string scoreName = ScoreKinds.Name(score);
        if (prior.Length != classCount)
        {
            throw new ArgumentException(
                $"The prior has {prior.Length} entries, expected one for each of {classCount} classes.", nameof(prior));
        }

        for (int c = 0; c < prior.Length; c++)
        {
            if (!double.IsFinite(prior[c]) || prior[c] < 0)
            {
                throw new ArgumentException(
                    $"prior[{c}] is {prior[c]}, expected a finite probability of at least 0.", nameof(prior));
            }

            if (score == ScoreKind.Logit && prior[c] == 0)
            {
                throw new ArgumentException(
                    $"prior[{c}] is 0, whose log is not finite; the score '{scoreName}' needs a prior above 0 for "
                    + "every class. Smooth the prior or attribute another score.",
                    nameof(prior));
            }
        }

        return score == ScoreKind.Logit ? Array.ConvertAll(prior.ToArray(), Math.Log) : prior.ToArray();
    }
}
