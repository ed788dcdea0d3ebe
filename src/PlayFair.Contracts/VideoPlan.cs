namespace PlayFair.Contracts;

/// <summary>What a definition asks of the machine, before it is added.</summary>
public sealed record VideoPlan
{
    /// <summary>As it would be added: checked, defaults filled in, credentials replaced by <c>***</c>.</summary>
    public required VideoDefinition Definition { get; init; }

    /// <summary>Whether values are exact; else sampled, with standard errors.</summary>
    public required bool IsExact { get; init; }

    /// <summary>
    /// Head evaluations of one update, as <see cref="AttributionUpdate.EvaluationCount"/> counts them: the same for each
    /// where exact, else their mean, redrawn samples included.
    /// </summary>
    public required double EvaluationsPerUpdate { get; init; }

    /// <summary>Head evaluations of the first full window.</summary>
    public required double FirstEvaluations { get; init; }

    /// <summary>Head evaluations a second, at the rate asked for; a file that is read fast takes what the machine has.</summary>
    public required double EvaluationsPerSecond { get; init; }

    /// <summary>Updates a second at that rate.</summary>
    public required double UpdatesPerSecond { get; init; }

    /// <summary>How much of the video the window spans.</summary>
    public required double WindowSeconds { get; init; }

    /// <summary>Memory for the subsequences' scores, which is most of what the video takes.</summary>
    public required long Bytes { get; init; }

    /// <summary>The largest window whose values are exact unless samples are asked for; null: none.</summary>
    public int? MaxWindowExact { get; init; }
}
