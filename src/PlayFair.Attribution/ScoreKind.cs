using System.Diagnostics.CodeAnalysis;

namespace PlayFair.Attribution;

/// <summary>Which number of a class is attributed to the frames; every output names it.</summary>
public enum ScoreKind
{
    /// <summary>
    /// Softmax of the multi-scale mean of logits: what the paper's authors compute. The empty subsequence scores
    /// the class prior.
    /// </summary>
    SoftmaxOfMean,

    /// <summary>
    /// Multi-scale mean of the single-scale softmaxes: Eq. 8 read literally, scores being probabilities. The empty
    /// subsequence scores the class prior.
    /// </summary>
    MeanOfSoftmax,

    /// <summary>Multi-scale mean of logits, no softmax. The empty subsequence scores the prior's natural log.</summary>
    Logit,
}

/// <summary>The scores' names in files, on the command line and in results.</summary>
public static class ScoreKinds
{
    /// <summary>All names, in the order of <see cref="ScoreKind"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["softmax-of-mean", "mean-of-softmax", "logit"];

    /// <summary>The name of a score, such as <c>softmax-of-mean</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of <see cref="ScoreKind"/>.</exception>
    public static string Name(ScoreKind kind) =>
        (uint)kind < (uint)Names.Count
            ? Names[(int)kind]
            : throw new ArgumentOutOfRangeException(
                nameof(kind), kind, $"No such score. Expected one of: {string.Join(", ", Names)}.");

    /// <summary>Finds the score with the given name; case matters, as in every file the engine reads.</summary>
    /// <returns>False if no score has that name.</returns>
    public static bool TryParse([NotNullWhen(true)] string? name, out ScoreKind kind)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            if (string.Equals(Names[i], name, StringComparison.Ordinal))
            {
                kind = (ScoreKind)i;
                return true;
            }
        }

        kind = default;
        return false;
    }
}
