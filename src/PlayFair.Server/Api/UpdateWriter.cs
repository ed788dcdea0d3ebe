using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Server;

/// <summary>Writes updates as CSV (a line for each update, class and frame) or as JSON Lines.</summary>
internal sealed class UpdateWriter(PipeWriter writer, bool isCsv)
{
    private const string Header =
        "video,sequence,arrivedAt,computedAt,model,score,standardError,frameIndex,frameTime,classIndex,className,"
        + "classScore,classPrior,esv,esvStandardError\r\n";

    private readonly StringBuilder _lines = new();

    public void Begin()
    {
        if (isCsv)
            writer.Write(Encoding.UTF8.GetBytes(Header));
    }

    /// <summary>Writes one update, as fast as the client takes it.</summary>
    public async ValueTask WriteAsync(AttributionUpdate update, CancellationToken cancellationToken)
    {
        if (isCsv)
        {
            WriteLines(update);
        }
        else
        {
            writer.Write(JsonSerializer.SerializeToUtf8Bytes(update, ContractJson.Lines.AttributionUpdate));
            writer.Write("\n"u8);
        }

        FlushResult flushed = await writer.FlushAsync(cancellationToken);
        if (flushed.IsCompleted)
            throw new OperationCanceledException(cancellationToken);
    }

    private void WriteLines(AttributionUpdate update)
    {
        _lines.Clear();
        string start = string.Create(
            CultureInfo.InvariantCulture,
            $"{Quote(update.Video)},{update.Sequence},{update.ArrivedAt:O},{update.ComputedAt:O},{Quote(update.Model)},"
            + $"{update.Score},{update.StandardError},");
        foreach (ReportedClass reported in update.Classes)
        {
            for (int i = 0; i < update.FrameCount; i++)
            {
                _lines.Append(start).Append(CultureInfo.InvariantCulture, $"{update.FrameIndices[i]},{update.FrameTimes[i]:R},");
                _lines.Append(CultureInfo.InvariantCulture, $"{reported.Index},{Quote(reported.Name)},{reported.Score:R},");
                _lines.Append(CultureInfo.InvariantCulture, $"{reported.Prior:R},{reported.Esv[i]:R},");
                if (reported.StandardErrors is { } errors)
                    _lines.Append(CultureInfo.InvariantCulture, $"{errors[i]:R}");
                _lines.Append("\r\n");
            }
        }

        writer.Write(Encoding.UTF8.GetBytes(_lines.ToString()));
    }

    /// <summary>A field as RFC 4180 has it.</summary>
    private static string Quote(string text) => text.AsSpan().IndexOfAny("\",\r\n") < 0
        ? text
        : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
