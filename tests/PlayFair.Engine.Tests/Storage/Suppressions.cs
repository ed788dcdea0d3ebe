using System.Diagnostics.CodeAnalysis;

[assembly: SuppressMessage(
    "Usage", "MA0002", Scope = "namespaceanddescendants", Target = "~N:PlayFair.Engine.Tests.Storage",
    Justification = "Assertions and dictionaries compare texts ordinally.")]
