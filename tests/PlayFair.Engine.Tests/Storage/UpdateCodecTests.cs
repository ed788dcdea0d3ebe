using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Storage;

public class UpdateCodecTests
{
    private readonly TextTable _texts = new();
    private readonly UpdateCodec _codec;

    public UpdateCodecTests() => _codec = new UpdateCodec(_texts);

    [Fact]
    public void Any_update_comes_back_as_it_was()
    {
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            AttributionUpdate update = Random(random);

            AttributionUpdate back = RoundTrip(update);

            AssertSame(update, back);
        }
    }

    [Fact]
    public void An_update_of_a_camera_comes_back_as_it_was()
    {
        AttributionUpdate update = Samples.Update("a", 1234).Update;

        AssertSame(update, RoundTrip(update));
    }

    [Fact]
    public void Extremes_come_back_as_they_were()
    {
        AttributionUpdate update = Samples.Update("a", 1).Update with
        {
            Schema = "playfair.update/1+more",
            Sequence = long.MaxValue,
            ArrivedAt = DateTimeOffset.MinValue,
            ComputedAt = DateTimeOffset.MaxValue,
            Model = "",
            Score = "a \"score\", with\nall, and 𝜑",
            Samples = int.MaxValue,
            Iterations = 0,
            RateHz = double.Epsilon,
            FrameIndices = [long.MaxValue, long.MinValue, 0],
            FrameTimes = [-0.0, double.MaxValue, -double.Epsilon],
            TopClass = int.MinValue,
            PreviousTopClass = int.MaxValue,
            Classes =
            [
                new ReportedClass(
                    int.MaxValue,
                    "x",
                    float.MaxValue,
                    -0f,
                    [float.Epsilon, -float.MaxValue, 0],
                    [0, 1, float.MaxValue]),
                new ReportedClass(0, "y", 0, 0, [0, 0, 0]),
            ],
            EvaluationCount = long.MaxValue,
            DroppedFrames = long.MaxValue,
            Timings = new UpdateTimings(float.MaxValue, 0, float.Epsilon, -1),
        };

        AssertSame(update, RoundTrip(update));
    }

    [Fact]
    public void An_update_without_frames_and_classes_comes_back_as_it_was()
    {
        AttributionUpdate update = Samples.Update("a", 1).Update with
        {
            FrameIndices = [],
            FrameTimes = [],
            Classes = [],
        };

        AssertSame(update, RoundTrip(update));
    }

    [Fact]
    public void Times_that_are_no_whole_100_ns_come_back_bit_by_bit()
    {
        AttributionUpdate update = Samples.Update("a", 1).Update;
        update = update with { FrameTimes = [.. update.FrameTimes.Select((_, i) => i / 29.97)] };

        Assert.Equal(update.FrameTimes, RoundTrip(update).FrameTimes);
    }

    [Fact]
    public void Local_time_keeps_its_offset()
    {
        AttributionUpdate update = Samples.Update("a", 1).Update;
        update = update with
        {
            ArrivedAt = update.ArrivedAt.ToOffset(TimeSpan.FromMinutes(345)),
            ComputedAt = update.ComputedAt.ToOffset(TimeSpan.FromHours(-14)),
        };

        AssertSame(update, RoundTrip(update));
    }

    [Fact]
    public void Frame_tracks_come_back_as_they_were()
    {
        var random = new Random(2);
        AttributionUpdate update = Samples.Update("a", 500).Update;
        FrameTrack[] tracks =
        [
            .. Samples.Update("a", 500).LeavingFrames,
            .. Enumerable.Range(0, 300).Select(_ => new FrameTrack
            {
                Schema = random.Next(5) == 0 ? "playfair.frame/1+more" : FrameTrack.CurrentSchema,
                Video = "a",
                FrameIndex = random.NextInt64(),
                TimeSeconds = random.Next(2) == 0 ? random.NextDouble() * 1e6 : random.Next() / 1e7,
                ArrivedAt = Instant(random),
                LastSequence = random.NextInt64(),
                WindowCount = random.Next(),
                Classes = [.. Enumerable.Range(0, random.Next(4)).Select(c => new TrackedClass(
                    random.Next(), $"class {c}", random.NextSingle(), -random.NextSingle()))],
            }),
        ];

        byte[] bytes = _codec.EncodeTracks(update, tracks);
        var back = _codec.DecodeTracks("a", update.Sequence, update.ArrivedAt.UtcTicks, bytes);

        Assert.Equal(tracks.Select(Samples.Json), back.Select(Samples.Json));
    }

    [Fact]
    public void What_is_cut_off_or_altered_is_refused_in_words_or_read_and_nothing_else_happens()
    {
        var random = new Random(3);
        StoredUpdate stored = Samples.Update("a", 77);
        byte[] body = _codec.Encode(stored.Update);
        byte[] frames = _codec.EncodeTracks(stored.Update, stored.LeavingFrames);

        for (int length = 0; length < body.Length; length++)
            Assert.Throws<StoreException>(() => Decode(stored.Update, body[..length]));
        for (int i = 0; i < 5000; i++)
        {
            byte[] altered = [.. body];
            altered[random.Next(altered.Length)] = (byte)random.Next(256);
            byte[] alteredFrames = [.. frames];
            alteredFrames[random.Next(alteredFrames.Length)] = (byte)random.Next(256);
            try
            {
                Decode(stored.Update, altered);
                _codec.DecodeTracks("a", 77, stored.Update.ArrivedAt.UtcTicks, alteredFrames);
            }
            catch (StoreException)
            {
            }
        }
    }

    [Fact]
    public void A_layout_of_a_later_version_is_refused_by_name()
    {
        AttributionUpdate update = Samples.Update("a", 1).Update;
        byte[] bytes = _codec.Encode(update);
        bytes[0] = 9;

        var problem = Assert.Throws<StoreException>(() => Decode(update, bytes));
        Assert.Contains("layout 9", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_1_is_what_it_was_when_it_shipped()
    {
        AttributionUpdate update = StoreSchemaTests.Version1Update;

        Assert.Equal(StoreSchemaTests.Version1Body, Convert.ToHexString(_codec.Encode(update)));
    }

    [Fact]
    public void Repeated_texts_take_a_byte()
    {
        AttributionUpdate update = Samples.Update("a", 1).Update;
        int length = _codec.Encode(update).Length;

        int longer = _codec.Encode(update with { Model = new string('m', 1000) }).Length;

        Assert.Equal(length, longer);
    }

    private AttributionUpdate RoundTrip(AttributionUpdate update)
    {
        UpdateCodec.Check(update);
        return Decode(update, _codec.Encode(update));
    }

    private AttributionUpdate Decode(AttributionUpdate update, byte[] bytes) =>
        _codec.Decode(update.Video, update.Sequence, update.ArrivedAt.UtcTicks, bytes);

    private static void AssertSame(AttributionUpdate expected, AttributionUpdate found)
    {
        Assert.Equal(Samples.Json(expected), Samples.Json(found));
        Assert.Equal(expected.ArrivedAt, found.ArrivedAt);
        Assert.Equal(expected.ComputedAt.Offset, found.ComputedAt.Offset);
        Assert.Equal(expected.FrameTimes.Select(BitConverter.DoubleToInt64Bits),
            found.FrameTimes.Select(BitConverter.DoubleToInt64Bits));
        Assert.Equal(expected.Timings, found.Timings);
    }

    private static AttributionUpdate Random(Random random)
    {
        int n = random.Next(0, 40);
        long first = random.NextInt64(1L << random.Next(1, 62));
        bool isSteady = random.Next(2) == 0;
        bool isInTicks = random.Next(3) > 0;
        bool hasErrors = random.Next(2) == 0;
        return new AttributionUpdate
        {
            Video = "a",
            Sequence = random.NextInt64(),
            ArrivedAt = Instant(random),
            ComputedAt = Instant(random),
            Model = $"model {random.Next(3)}",
            Score = "logit",
            StandardError = hasErrors ? AttributionUpdate.Sampled : AttributionUpdate.Exact,
            Samples = random.Next(2) == 0 ? null : random.Next(),
            Iterations = random.Next(2) == 0 ? null : random.Next(),
            RateHz = random.Next(2) == 0 ? 8 : random.NextDouble() * 120,
            FrameIndices = [.. Enumerable.Range(0, n).Select(i => isSteady ? first + (4L * i) : random.NextInt64())],
            FrameTimes = [.. Enumerable.Range(0, n).Select(i =>
                isInTicks ? random.NextInt64(1L << 52) / 1e7 : random.NextDouble() * Math.Pow(10, random.Next(-9, 9)))],
            TopClass = random.Next(),
            PreviousTopClass = random.Next(2) == 0 ? null : random.Next(),
            Classes = [.. Enumerable.Range(0, random.Next(5)).Select(c => new ReportedClass(
                random.Next(),
                $"class {random.Next(100)}",
                random.NextSingle(),
                random.NextSingle(),
                Samples.Values(random, n),
                hasErrors && c % 2 == 0 ? Samples.Values(random, n) : null))],
            EvaluationCount = random.NextInt64(),
            DroppedFrames = random.NextInt64(),
            Timings = new UpdateTimings(
                random.NextSingle(), random.NextSingle() * 1e6f, random.NextSingle(), random.NextSingle()),
        };
    }

    private static DateTimeOffset Instant(Random random) => new(
        random.NextInt64(DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay),
        TimeSpan.Zero);
}
