using System.Text;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

public class UpdateExportTests
{
    private static readonly AttributionUpdate[] s_updates =
    [
        Samples.Update("a", 0).Update,
        Samples.Update("a", 1).Update with
        {
            StandardError = AttributionUpdate.Sampled,
            Samples = 256,
            Iterations = 4,
            FrameIndices = [10, 12],
            FrameTimes = [0.3333333, 0.4],
            Classes =
            [
                new ReportedClass(5, "says \"hi\", then\nleaves", 0.75f, 0.125f, [1e-7f, -0.5f], [0.25f, 0]),
            ],
        },
    ];

    [Fact]
    public async Task Csv_has_a_line_for_each_update_class_and_frame_that_reads_back()
    {
        using var stream = new MemoryStream();
        await UpdateExport.WriteCsvAsync(stream, s_updates.ToAsyncEnumerable(), StoreFolder.Token);
        string text = Encoding.UTF8.GetString(stream.ToArray());

        var rows = Parse(text);

        Assert.Equal(1 + (16 * 3) + 2, rows.Count);
        Assert.All(rows, row => Assert.Equal(rows[0].Count, row.Count));
        Assert.DoesNotContain("\n", text.Replace("\r\n", "", StringComparison.Ordinal).Replace(
            "then\nleaves", "", StringComparison.Ordinal), StringComparison.Ordinal);
        var last = rows[0].Zip(rows[^1]).ToDictionary(pair => pair.First, pair => pair.Second);
        Assert.Equal("a", last["video"]);
        Assert.Equal("1", last["sequence"]);
        Assert.Equal(s_updates[1].ArrivedAt, DateTimeOffset.Parse(last["arrived_at"], null));
        Assert.Equal("sampled", last["standard_error_kind"]);
        Assert.Equal("256", last["samples"]);
        Assert.Equal("says \"hi\", then\nleaves", last["class"]);
        Assert.Equal("0.75", last["score"]);
        Assert.Equal("1", last["position"]);
        Assert.Equal("12", last["frame_index"]);
        Assert.Equal("0.4", last["frame_time_seconds"]);
        Assert.Equal("-0.5", last["esv"]);
        Assert.Equal("0", last["esv_standard_error"]);
        var first = rows[0].Zip(rows[1]).ToDictionary(pair => pair.First, pair => pair.Second);
        Assert.Equal("", first["samples"]);
        Assert.Equal("", first["esv_standard_error"]);
        Assert.Equal(s_updates[0].Classes[0].Esv[0], float.Parse(first["esv"], null));
        Assert.Equal(s_updates[0].Classes[0].Score, float.Parse(first["score"], null));
    }

    [Fact]
    public async Task Json_lines_are_the_updates_as_they_are_published()
    {
        using var stream = new MemoryStream();
        await UpdateExport.WriteJsonLinesAsync(stream, s_updates.ToAsyncEnumerable(), StoreFolder.Token);

        string[] lines = Encoding.UTF8.GetString(stream.ToArray()).Split('\n');

        Assert.Equal([.. s_updates.Select(Samples.Json), ""], lines);
        Assert.Equal(1, JsonSerializer.Deserialize(lines[1], ContractJson.Lines.AttributionUpdate)!.Sequence);
    }

    /// <summary>As RFC 4180 says.</summary>
    private static List<List<string>> Parse(string text)
    {
        var rows = new List<List<string>> { new() };
        for (int i = 0; i < text.Length;)
        {
            var field = new StringBuilder();
            if (text[i] == '"')
            {
                for (i++; text[i] != '"' || (i + 1 < text.Length && text[i + 1] == '"'); i++)
                {
                    i += text[i] == '"' ? 1 : 0;
                    field.Append(text[i]);
                }

                i++;
            }
            else
            {
                for (; text[i] is not (',' or '\r'); i++)
                    field.Append(text[i]);
            }

            rows[^1].Add(field.ToString());
            if (text[i++] == '\r')
            {
                Assert.Equal('\n', text[i++]);
                if (i < text.Length)
                    rows.Add([]);
            }
        }

        return rows;
    }
}
