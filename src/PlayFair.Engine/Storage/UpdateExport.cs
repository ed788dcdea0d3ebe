using System.Globalization;
using System.Text;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Writes updates for other programs: CSV or JSON Lines, UTF-8. The stream stays open.</summary>
public static class UpdateExport
{
    private static readonly byte[] s_newLine = [(byte)'\n'];

    /// <summary>
    /// A header and one line for each update, class and frame, as RFC 4180 has it; docs/store.md lists the columns.
    /// </summary>
    public static async Task WriteCsvAsync(
        Stream destination, IAsyncEnumerable<AttributionUpdate> updates, CancellationToken cancellationToken = default)
    {
        await using var writer = new StreamWriter(destination, new UTF8Encoding(false), 1 << 16, leaveOpen: true)
        {
            NewLine = "\r\n",
        };
        await writer.WriteLineAsync(
            ("video,sequence,arrived_at,computed_at,model,score_kind,standard_error_kind,samples,iterations,rate_hz,"
            + "rank,class_index,class,score,prior,position,frame_index,frame_time_seconds,esv,esv_standard_error")
            .AsMemory(),
            cancellationToken);
        var lines = new StringBuilder();
        await foreach (AttributionUpdate update in updates.WithCancellation(cancellationToken))
        {
            lines.Clear();
            AppendLines(lines, update);
            await writer.WriteAsync(lines, cancellationToken);
        }
    }

    /// <summary>Each update as the JSON in which it is published, one a line.</summary>
    public static async Task WriteJsonLinesAsync(
        Stream destination, IAsyncEnumerable<AttributionUpdate> updates, CancellationToken cancellationToken = default)
    {
        await foreach (AttributionUpdate update in updates.WithCancellation(cancellationToken))
        {
            await destination.WriteAsync(
                JsonSerializer.SerializeToUtf8Bytes(update, ContractJson.Lines.AttributionUpdate), cancellationToken);
            await destination.WriteAsync(s_newLine, cancellationToken);
        }
    }

    private static void AppendLines(StringBuilder lines, AttributionUpdate update)
    {
        string start = string.Create(
            CultureInfo.InvariantCulture,
            $"{Field(update.Video)},{update.Sequence},{update.ArrivedAt:O},{update.ComputedAt:O},{Field(update.Model)},"
            + $"{Field(update.Score)},{Field(update.StandardError)},{update.Samples},{update.Iterations},"
            + $"{update.RateHz}");
        for (int rank = 0; rank < update.Classes.Count; rank++)
        {
            ReportedClass reported = update.Classes[rank];
            string name = Field(reported.Name);
            for (int i = 0; i < update.FrameCount; i++)
            {
                lines.Append(
                    CultureInfo.InvariantCulture,
                    $"{start},{rank},{reported.Index},{name},{reported.Score},{reported.Prior},"
                    + $"{i},{update.FrameIndices[i]},{update.FrameTimes[i]},{reported.Esv[i]},"
                    + $"{reported.StandardErrors?[i]}\r\n");
            }
        }
    }

    private static string Field(string text) =>
        text.AsSpan().ContainsAny("\",\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
