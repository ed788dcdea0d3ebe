namespace PlayFair.Attribution;

/// <summary>A way to compute Element Shapley Values, exactly or from samples.</summary>
public interface IEsvEstimator
{
    /// <summary>The name in files, on the command line and in results, such as <c>exact</c>.</summary>
    string Name { get; }

    /// <summary>Computes φ of every frame for every class.</summary>
    /// <param name="game">The model, the score and the prior.</param>
    /// <param name="stopping">When to stop sampling; an exact method does not look at it.</param>
    /// <param name="ct">Ends the computation early.</param>
    /// <exception cref="ArgumentException">The method cannot take this game; the message says what it takes.</exception>
    /// <exception cref="NotFiniteNumberException">The model returned a logit that is not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    ElementShapleyValues Estimate(Game game, StoppingRule stopping, CancellationToken ct = default);
}
