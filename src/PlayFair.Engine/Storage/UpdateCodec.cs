using PlayFair.Contracts;

namespace PlayFair.Engine;

/// <summary>Updates and frame tracks as blobs: what comes out is equal to what went in, field by field.</summary>
/// <remarks>
/// Video, sequence number and the newest frame's arrival are columns of the row and not in the blob. The first byte is
/// the layout's version. Version 1 of an update, integers of variable length:
/// <code>
/// 1, flags, [schema], model, score, standardError (numbers of texts), [samples], [iterations], rate,
/// computedAt − arrivedAt (100 ns), [offsets from UTC (min)], evaluations, dropped, 4 × float32 timings,
/// frame count, first index, step or steps, times (100 ns: the first, the last less the first, the others less what a
/// line through these two says of their index; or float64), [top class], [previous],
/// class count, for each: index and whether errors follow, name, score, prior, φ, [errors] (float32)
/// </code>
/// Of frame tracks: 1, and for each: flags, [schema], index, time (100 ns or float64), arrivedAt before the row's,
/// [offset], sequence before the row's, windows, class count, for each: index, name, mean, last.
/// </remarks>
internal sealed class UpdateCodec(ITextTable texts)
{
    private const byte Version = 1;
    private const double TicksPerSecond = TimeSpan.TicksPerSecond;

    private readonly BlobWriter _writer = new();

    [Flags]
    private enum UpdateFlags
    {
        None = 0,
        OtherSchema = 1,
        Samples = 2,
        Iterations = 4,
        PreviousTop = 8,
        SteadyFrames = 16,
        TimesInTicks = 32,
        TopIsNotFirst = 64,
        DoubleRate = 128,
        Offsets = 256,
    }

    [Flags]
    private enum TrackFlags
    {
        None = 0,
        OtherSchema = 1,
        TimeInTicks = 2,
        Offset = 4,
    }

    /// <exception cref="ArgumentException">Values and frames differ in number.</exception>
    public static void Check(AttributionUpdate update)
    {
        int n = update.FrameCount;
        if (update.FrameTimes.Length != n)
            throw new ArgumentException($"The update has {n} frame indices and {update.FrameTimes.Length} times.");

        foreach (ReportedClass reported in update.Classes)
        {
            if (reported.Esv.Length != n || (reported.StandardErrors is { } errors && errors.Length != n))
            {
                throw new ArgumentException(
                    $"Class {reported.Index} has {reported.Esv.Length} values and "
                    + $"{reported.StandardErrors?.Length ?? n} errors, the update {n} frames.");
            }
        }
    }

    public byte[] Encode(AttributionUpdate update)
    {
        UpdateFlags flags = FlagsOf(update, out long indexStep);
        _writer.Clear();
        _writer.Byte(Version);
        _writer.Unsigned((long)flags);
        if (flags.HasFlag(UpdateFlags.OtherSchema))
            Text(update.Schema);

        Text(update.Model);
        Text(update.Score);
        Text(update.StandardError);
        if (update.Samples is { } samples)
            _writer.Unsigned(samples);
        if (update.Iterations is { } iterations)
            _writer.Unsigned(iterations);
        if (flags.HasFlag(UpdateFlags.DoubleRate))
            _writer.Double(update.RateHz);
        else
            _writer.Single((float)update.RateHz);

        _writer.Signed(update.ComputedAt.UtcTicks - update.ArrivedAt.UtcTicks);
        if (flags.HasFlag(UpdateFlags.Offsets))
        {
            _writer.Signed(update.ArrivedAt.TotalOffsetMinutes);
            _writer.Signed(update.ComputedAt.TotalOffsetMinutes);
        }

        _writer.Unsigned(update.EvaluationCount);
        _writer.Unsigned(update.DroppedFrames);
        _writer.Singles([
            update.Timings.Decode, update.Timings.Features, update.Timings.Attribution, update.Timings.Total]);
        WriteIndices(update.FrameIndices, flags, indexStep);
        WriteTimes(update.FrameTimes, update.FrameIndices, flags);
        if (flags.HasFlag(UpdateFlags.TopIsNotFirst))
            _writer.Signed(update.TopClass);
        if (update.PreviousTopClass is { } previous)
            _writer.Signed(previous);

        _writer.Unsigned(update.Classes.Count);
        foreach (ReportedClass reported in update.Classes)
        {
            _writer.Unsigned(((long)reported.Index << 1) | (reported.StandardErrors is null ? 0L : 1L));
            Text(reported.Name);
            _writer.Single(reported.Score);
            _writer.Single(reported.Prior);
            _writer.Singles(reported.Esv);
            _writer.Singles(reported.StandardErrors);
        }

        return _writer.ToArray();
    }

    /// <exception cref="StoreException">The blob is damaged, or of an unknown version.</exception>
    public AttributionUpdate Decode(string video, long sequence, long arrivedTicks, ReadOnlySpan<byte> bytes)
    {
        var reader = new BlobReader(bytes);
        CheckVersion(reader.Byte());
        var flags = (UpdateFlags)reader.Unsigned();
        string schema = flags.HasFlag(UpdateFlags.OtherSchema)
            ? texts.TextOf(reader.Unsigned())
            : AttributionUpdate.CurrentSchema;
        string model = texts.TextOf(reader.Unsigned());
        string score = texts.TextOf(reader.Unsigned());
        string standardError = texts.TextOf(reader.Unsigned());
        int? samples = flags.HasFlag(UpdateFlags.Samples) ? (int)reader.Unsigned() : null;
        int? iterations = flags.HasFlag(UpdateFlags.Iterations) ? (int)reader.Unsigned() : null;
        double rate = flags.HasFlag(UpdateFlags.DoubleRate) ? reader.Double() : reader.Single();
        long computedTicks = arrivedTicks + reader.Signed();
        bool hasOffsets = flags.HasFlag(UpdateFlags.Offsets);
        long arrivedOffset = hasOffsets ? reader.Signed() : 0;
        long computedOffset = hasOffsets ? reader.Signed() : 0;
        long evaluationCount = reader.Unsigned();
        long droppedFrames = reader.Unsigned();
        var timings = new UpdateTimings(reader.Single(), reader.Single(), reader.Single(), reader.Single());
        long[] indices = ReadIndices(ref reader, flags);
        double[] times = ReadTimes(ref reader, indices, flags);
        int? top = flags.HasFlag(UpdateFlags.TopIsNotFirst) ? (int)reader.Signed() : null;
        int? previous = flags.HasFlag(UpdateFlags.PreviousTop) ? (int)reader.Signed() : null;

        var classes = new ReportedClass[reader.Count(leastBytesEach: 10)];
        for (int c = 0; c < classes.Length; c++)
        {
            long indexAndErrors = reader.Unsigned();
            classes[c] = new ReportedClass(
                (int)(indexAndErrors >> 1),
                texts.TextOf(reader.Unsigned()),
                reader.Single(),
                reader.Single(),
                reader.Singles(indices.Length),
                (indexAndErrors & 1) == 0 ? null : reader.Singles(indices.Length));
        }

        return new AttributionUpdate
        {
            Schema = schema,
            Video = video,
            Sequence = sequence,
            ArrivedAt = Instant(arrivedTicks, arrivedOffset),
            ComputedAt = Instant(computedTicks, computedOffset),
            Model = model,
            Score = score,
            StandardError = standardError,
            Samples = samples,
            Iterations = iterations,
            RateHz = rate,
            FrameIndices = indices,
            FrameTimes = times,
            TopClass = top ?? (classes.Length > 0 ? classes[0].Index : throw BlobReader.Damaged()),
            PreviousTopClass = previous,
            Classes = classes,
            EvaluationCount = evaluationCount,
            DroppedFrames = droppedFrames,
            Timings = timings,
        };
    }

    /// <summary>The class that an update reports first and its score, texts by their numbers; the rest is skipped.</summary>
    /// <exception cref="StoreException">The blob is damaged, of an unknown version, or reports no class.</exception>
    public static (TopClass Top, float Score) TopOf(ReadOnlySpan<byte> bytes)
    {
        var reader = new BlobReader(bytes);
        CheckVersion(reader.Byte());
        var flags = (UpdateFlags)reader.Unsigned();
        if (flags.HasFlag(UpdateFlags.OtherSchema))
            reader.Skip(1);
        int model = (int)reader.Unsigned();
        int kind = (int)reader.Unsigned();
        reader.Skip(1 + Count(UpdateFlags.Samples) + Count(UpdateFlags.Iterations));
        if (flags.HasFlag(UpdateFlags.DoubleRate))
            _ = reader.Double();
        else
            _ = reader.Single();
        // Times and counts, then the timings.
        reader.Skip(3 + (2 * Count(UpdateFlags.Offsets)));
        _ = reader.Take(4 * sizeof(float));
        int frameCount = reader.Count(leastBytesEach: 1);
        if (frameCount > 0)
        {
            reader.Skip(flags.HasFlag(UpdateFlags.SteadyFrames) ? 2 : frameCount);
            if (flags.HasFlag(UpdateFlags.TimesInTicks))
                reader.Skip(Math.Max(2, frameCount));
            else
                _ = reader.Take(frameCount * sizeof(double));
        }

        reader.Skip(Count(UpdateFlags.TopIsNotFirst) + Count(UpdateFlags.PreviousTop));
        if (reader.Count(leastBytesEach: 10) == 0)
            throw BlobReader.Damaged();
        int index = (int)(reader.Unsigned() >> 1);
        int name = (int)reader.Unsigned();
        return (new TopClass(index, name, model, kind), reader.Single());

        int Count(UpdateFlags flag) => flags.HasFlag(flag) ? 1 : 0;
    }

    /// <param name="update">The one in whose row they are stored.</param>
    public byte[] EncodeTracks(AttributionUpdate update, IReadOnlyList<FrameTrack> tracks) =>
        EncodeTracks(update.Sequence, update.ArrivedAt.UtcTicks, tracks);

    /// <param name="sequence">Of the update in whose row they are stored.</param>
    /// <param name="arrivedTicks">When that update's newest frame arrived, UTC.</param>
    public byte[] EncodeTracks(long sequence, long arrivedTicks, IReadOnlyList<FrameTrack> tracks)
    {
        _writer.Clear();
        _writer.Byte(Version);
        foreach (FrameTrack track in tracks)
        {
            bool hasOwnSchema = track.Schema != FrameTrack.CurrentSchema;
            bool isInTicks = TryTicks(track.TimeSeconds, out long timeTicks);
            bool hasOffset = track.ArrivedAt.Offset != TimeSpan.Zero;
            _writer.Unsigned((long)((hasOwnSchema ? TrackFlags.OtherSchema : TrackFlags.None)
                | (isInTicks ? TrackFlags.TimeInTicks : TrackFlags.None)
                | (hasOffset ? TrackFlags.Offset : TrackFlags.None)));
            if (hasOwnSchema)
                Text(track.Schema);

            _writer.Unsigned(track.FrameIndex);
            if (isInTicks)
                _writer.Signed(timeTicks);
            else
                _writer.Double(track.TimeSeconds);

            _writer.Signed(arrivedTicks - track.ArrivedAt.UtcTicks);
            if (hasOffset)
                _writer.Signed(track.ArrivedAt.TotalOffsetMinutes);

            _writer.Signed(sequence - track.LastSequence);
            _writer.Unsigned(track.WindowCount);
            _writer.Unsigned(track.Classes.Count);
            foreach (TrackedClass tracked in track.Classes)
            {
                _writer.Unsigned(tracked.Index);
                Text(tracked.Name);
                _writer.Single(tracked.Mean);
                _writer.Single(tracked.Last);
            }
        }

        return _writer.ToArray();
    }

    /// <summary>Adds tracks to those in a row, in place of those of the same frames.</summary>
    /// <param name="bytes">What is in the row; null: none.</param>
    public byte[] ReplaceTracks(
        string video, long sequence, long arrivedTicks, byte[]? bytes, IReadOnlyList<FrameTrack> tracks)
    {
        HashSet<long> replaced = [.. tracks.Select(track => track.FrameIndex)];
        IEnumerable<FrameTrack> before = bytes is null ? [] : DecodeTracks(video, sequence, arrivedTicks, bytes);
        return EncodeTracks(
            sequence, arrivedTicks, [.. before.Where(track => !replaced.Contains(track.FrameIndex)), .. tracks]);
    }

    /// <summary>The tracks in the row of an update, in the order in which they were given.</summary>
    /// <exception cref="StoreException">The blob is damaged, or of an unknown version.</exception>
    public List<FrameTrack> DecodeTracks(string video, long sequence, long arrivedTicks, ReadOnlySpan<byte> bytes)
    {
        var reader = new BlobReader(bytes);
        CheckVersion(reader.Byte());
        var tracks = new List<FrameTrack>();
        while (!reader.IsAtEnd)
        {
            var flags = (TrackFlags)reader.Unsigned();
            string schema = flags.HasFlag(TrackFlags.OtherSchema)
                ? texts.TextOf(reader.Unsigned())
                : FrameTrack.CurrentSchema;
            long index = reader.Unsigned();
            double time = flags.HasFlag(TrackFlags.TimeInTicks) ? reader.Signed() / TicksPerSecond : reader.Double();
            long frameTicks = arrivedTicks - reader.Signed();
            long offset = flags.HasFlag(TrackFlags.Offset) ? reader.Signed() : 0;
            long lastSequence = sequence - reader.Signed();
            int windowCount = (int)reader.Unsigned();
            var classes = new TrackedClass[reader.Count(leastBytesEach: 10)];
            for (int c = 0; c < classes.Length; c++)
            {
                classes[c] = new TrackedClass(
                    (int)reader.Unsigned(), texts.TextOf(reader.Unsigned()), reader.Single(), reader.Single());
            }

            tracks.Add(new FrameTrack
            {
                Schema = schema,
                Video = video,
                FrameIndex = index,
                TimeSeconds = time,
                ArrivedAt = Instant(frameTicks, offset),
                LastSequence = lastSequence,
                WindowCount = windowCount,
                Classes = classes,
            });
        }

        return tracks;
    }

    private static UpdateFlags FlagsOf(AttributionUpdate update, out long indexStep)
    {
        long[] indices = update.FrameIndices;
        indexStep = indices.Length > 1 ? indices[1] - indices[0] : 0;
        var flags = UpdateFlags.None;
        Set(UpdateFlags.OtherSchema, update.Schema != AttributionUpdate.CurrentSchema);
        Set(UpdateFlags.Samples, update.Samples is not null);
        Set(UpdateFlags.Iterations, update.Iterations is not null);
        Set(UpdateFlags.PreviousTop, update.PreviousTopClass is not null);
        Set(UpdateFlags.SteadyFrames, IsSteady(indices, indexStep));
        Set(UpdateFlags.TimesInTicks, Array.TrueForAll(update.FrameTimes, time => TryTicks(time, out _)));
        Set(UpdateFlags.TopIsNotFirst, update.Classes.Count == 0 || update.Classes[0].Index != update.TopClass);
        Set(UpdateFlags.DoubleRate, !((double)(float)update.RateHz).Equals(update.RateHz));
        Set(UpdateFlags.Offsets,
            update.ArrivedAt.Offset != TimeSpan.Zero || update.ComputedAt.Offset != TimeSpan.Zero);
        return flags;

        void Set(UpdateFlags flag, bool value) => flags |= value ? flag : UpdateFlags.None;
    }

    private static bool IsSteady(long[] indices, long step)
    {
        for (int i = 1; i < indices.Length; i++)
        {
            if (indices[i] - indices[i - 1] != step)
                return false;
        }

        return true;
    }

    private void WriteIndices(long[] indices, UpdateFlags flags, long step)
    {
        _writer.Unsigned(indices.Length);
        if (indices.Length == 0)
            return;

        _writer.Signed(indices[0]);
        if (flags.HasFlag(UpdateFlags.SteadyFrames))
        {
            _writer.Signed(step);
            return;
        }

        for (int i = 1; i < indices.Length; i++)
            _writer.Signed(indices[i] - indices[i - 1]);
    }

    private static long[] ReadIndices(ref BlobReader reader, UpdateFlags flags)
    {
        var indices = new long[reader.Count(leastBytesEach: 1)];
        if (indices.Length == 0)
            return indices;

        indices[0] = reader.Signed();
        bool isSteady = flags.HasFlag(UpdateFlags.SteadyFrames);
        long step = isSteady ? reader.Signed() : 0;
        for (int i = 1; i < indices.Length; i++)
            indices[i] = indices[i - 1] + (isSteady ? step : reader.Signed());

        return indices;
    }

    private void WriteTimes(double[] times, long[] indices, UpdateFlags flags)
    {
        if (!flags.HasFlag(UpdateFlags.TimesInTicks))
        {
            foreach (double time in times)
                _writer.Double(time);

            return;
        }

        long[] ticks = Array.ConvertAll(times, time => TryTicks(time, out long t) ? t : 0);
        if (ticks.Length == 0)
            return;

        var line = new TimeLine(indices, ticks[0], ticks[^1]);
        _writer.Signed(ticks[0]);
        _writer.Signed(ticks[^1] - ticks[0]);
        for (int i = 1; i < ticks.Length - 1; i++)
            _writer.Signed(ticks[i] - line.At(indices[i]));
    }

    private static double[] ReadTimes(ref BlobReader reader, long[] indices, UpdateFlags flags)
    {
        var times = new double[indices.Length];
        if (!flags.HasFlag(UpdateFlags.TimesInTicks))
        {
            for (int i = 0; i < times.Length; i++)
                times[i] = reader.Double();

            return times;
        }

        if (times.Length == 0)
            return times;

        long first = reader.Signed();
        long last = first + reader.Signed();
        var line = new TimeLine(indices, first, last);
        times[0] = first / TicksPerSecond;
        for (int i = 1; i < times.Length - 1; i++)
            times[i] = (line.At(indices[i]) + reader.Signed()) / TicksPerSecond;

        times[^1] = last / TicksPerSecond;
        return times;
    }

    /// <summary>Whether a time is that of whole 100 ns and comes back from them bit by bit.</summary>
    private static bool TryTicks(double seconds, out long ticks)
    {
        ticks = 0;
        if (!(Math.Abs(seconds) < 1e9))
            return false;

        ticks = (long)Math.Round(seconds * TicksPerSecond);
        return BitConverter.DoubleToInt64Bits(ticks / TicksPerSecond) == BitConverter.DoubleToInt64Bits(seconds);
    }

    private static DateTimeOffset Instant(long utcTicks, long offsetMinutes)
    {
        const long mostMinutes = 14 * 60;
        if (offsetMinutes is < -mostMinutes or > mostMinutes)
            throw BlobReader.Damaged();

        long offset = offsetMinutes * TimeSpan.TicksPerMinute;
        long localTicks = utcTicks + offset;
        if (!IsDate(utcTicks) || !IsDate(localTicks))
            throw BlobReader.Damaged();

        return new DateTimeOffset(localTicks, TimeSpan.FromTicks(offset));
    }

    private static bool IsDate(long ticks) => ticks >= 0 && ticks <= DateTime.MaxValue.Ticks;

    private static void CheckVersion(byte version)
    {
        if (version != Version)
        {
            throw new StoreException(
                $"A stored update has layout {version}; this program knows {Version}. Run the program that wrote it.");
        }
    }

    private void Text(string text) => _writer.Unsigned(texts.NumberOf(text));

    /// <summary>
    /// Where frames are taken from footage at unequal steps, times still follow the indices, so what is left of them
    /// after this line takes a byte or two.
    /// </summary>
    private readonly struct TimeLine(long[] indices, long firstTicks, long lastTicks)
    {
        private readonly long _firstIndex = indices[0];
        private readonly Int128 _indexCount = (Int128)indices[^1] - indices[0];
        private readonly Int128 _ticks = (Int128)lastTicks - firstTicks;

        public long At(long index) => _indexCount == 0
            ? firstTicks
            : unchecked((long)(firstTicks + (_ticks * ((Int128)index - _firstIndex) / _indexCount)));
    }
}
