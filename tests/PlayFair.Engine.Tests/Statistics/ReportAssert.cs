using System.Text.Json;
using System.Text.Json.Nodes;
using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Statistics;

internal static class ReportAssert
{
    /// <summary>The report as a reader gets it.</summary>
    public static string Json(StatisticsReport report) =>
        JsonSerializer.Serialize(report, ContractJson.Lines.StatisticsReport);

    /// <summary>
    /// Every field is there in both; whole numbers and texts are equal, others differ by at most 1e-9 (of their size,
    /// above 1).
    /// </summary>
    public static void Equal(StatisticsReport expected, StatisticsReport actual) =>
        Equal(JsonNode.Parse(Json(expected)), JsonNode.Parse(Json(actual)), "$");

    private static string Names(JsonObject node, string path) =>
        string.Join(", ", node.Select(property => $"{path}.{property.Key}"));

    private static void Equal(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (expected, actual)
        {
            case (JsonObject a, JsonObject b):
                Assert.Equal(Names(a, path), Names(b, path));
                foreach ((string name, JsonNode? value) in a)
                    Equal(value, b[name], $"{path}.{name}");
                break;
            case (JsonArray a, JsonArray b):
                Assert.True(a.Count == b.Count, $"{path}: expected {a.Count} entries, found {b.Count}");
                for (int i = 0; i < a.Count; i++)
                    Equal(a[i], b[i], $"{path}[{i}]");
                break;
            default:
                string x = expected!.ToJsonString();
                string y = actual!.ToJsonString();
                bool isFraction = x.Contains('.', StringComparison.Ordinal) || y.Contains('.', StringComparison.Ordinal)
                    || x.Contains("E-", StringComparison.Ordinal) || y.Contains("E-", StringComparison.Ordinal);
                bool isEqual = x == y;
                if (!isEqual && isFraction && x[0] != '"')
                {
                    double wanted = expected.GetValue<double>();
                    double found = actual.GetValue<double>();
                    isEqual = Math.Abs(wanted - found) <= 1e-9 * Math.Max(1, Math.Abs(wanted));
                }

                Assert.True(isEqual, $"{path}: expected {x}, found {y}");
                break;
        }
    }
}
