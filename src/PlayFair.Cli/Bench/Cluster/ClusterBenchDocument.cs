using PlayFair.Grains.Bench;

namespace PlayFair.Cli.Bench;

/// <summary>What <c>playfair bench cluster --json</c> writes; docs/benchmarks.md explains it.</summary>
/// <param name="Schema"><see cref="CurrentSchema"/>.</param>
/// <param name="ProducedBy">Program and version.</param>
/// <param name="Model">Name and version of the model whose head runs.</param>
internal sealed record ClusterBenchDocument(
    string Schema, string ProducedBy, BenchMachine Machine, string Model, bool IsQuick, ClusterBenchResult Result)
{
    public const string CurrentSchema = "playfair.bench-cluster/1";
}
