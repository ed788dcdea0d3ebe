using System.Text.Json;
using PlayFair.Contracts;

namespace PlayFair.Engine.Tests.Statistics;

public class StatisticsReportTests
{
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);
    private static readonly DateTimeOffset Noon = RandomUpdates.Noon;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_report_equals_a_batch_computation_over_the_updates(int seed)
    {
        List<AttributionUpdate> updates = RandomUpdates.Of(seed, 400, "lobby", "yard", "gate");
        StatisticsBook book = Book(updates);
        StatisticsQuery[] queries =
        [
            new(),
            new() { Videos = ["yard", "gate"] },
            new() { Videos = [] },
            new() { Videos = ["nowhere"] },
            new() { Model = "moves 2" },
            new() { Classes = ["OPENING", "5", "3", "none", "-1", "99999999999"] },
            new() { Classes = [] },
            new() { From = Noon + TimeSpan.FromHours(1) },
            new() { To = Noon + TimeSpan.FromMinutes(70) },
            new() { From = Noon + TimeSpan.FromMinutes(65), To = Noon + TimeSpan.FromMinutes(120.5) },
            new() { From = Noon + TimeSpan.FromHours(1), ReferenceTo = Noon + TimeSpan.FromHours(1) },
            new() { ReferenceFrom = Noon + TimeSpan.FromHours(2) },
            new()
            {
                Videos = ["lobby"],
                Model = "moves 1",
                Classes = ["closing"],
                From = Noon + TimeSpan.FromHours(1),
                To = Noon + TimeSpan.FromHours(3),
                ReferenceFrom = Noon + TimeSpan.FromMinutes(30),
                ReferenceTo = Noon + TimeSpan.FromHours(2),
            },
        ];
        foreach (StatisticsQuery query in queries)
            ReportAssert.Equal(BatchStatistics.Of(updates, query, TenMinutes), book.Query(query, []));

        StatisticsReport all = book.Query(new StatisticsQuery(), []);
        Assert.Equal(400, all.UpdateCount);
        Assert.Equal(6, all.Models.Count);
        Assert.Contains(all.Models[0].Classes.SelectMany(c => c.Positions), p => p.WindowLength == 67);
        StatisticsReport compared = book.Query(new StatisticsQuery { ReferenceFrom = Noon }, []);
        Assert.Contains(compared.Models.SelectMany(m => m.Classes), c => c.Drift is not null);
    }

    [Fact]
    public void A_small_case_gives_what_is_computed_by_hand()
    {
        StatisticsBook book = Book(
        [
            RandomUpdates.With("lobby", 0, Noon, null, (0.75f, [0.5f, -0.25f, 0.5f]), (0.25f, [-1, 0, 1])),
            RandomUpdates.With("lobby", 1, Noon + TenMinutes, 0, (0.5f, [0.125f, 0.25f, -0.5f])),
        ]);

        ModelStatistics model = Assert.Single(book.Query(new StatisticsQuery(), []).Models);

        Assert.Equal(("moves 1", "softmax-of-mean"), (model.Model, model.Score));
        Assert.Equal([(0, "opening"), (1, "closing")], model.Classes.Select(c => (c.Index, c.Name)));
        ClassStatistics opening = model.Classes[0];
        Assert.Equal((2, 2, 0.625), (opening.WindowCount, opening.TopCount, opening.MeanScore));
        Assert.Null(opening.Drift);
        PositionStatistics positions = Assert.Single(opening.Positions);
        Assert.Equal((3, 2), (positions.WindowLength, positions.WindowCount));
        Assert.Equal([1, 1, 0], positions.MostSupporting);
        Assert.Equal([0, 1, 1], positions.MostDistracting);
        Assert.Equal([0, 0.5, 0.5, 0.5, 0, 0.5, 0, 0.5, 0], positions.GreaterThan);
        Assert.Equal([1, 0.5, 0.5], positions.SupportingShare);
        Assert.Equal([0.3125, 0, 0], positions.MeanEsv);
        Assert.Equal(2.125 / 6, positions.MeanAbsoluteEsv, 15);
        Assert.Equal((1, 0), (model.Classes[1].WindowCount, model.Classes[1].TopCount));
        Assert.Equal(
            [
                new PredictionStatistics(0, "opening", 0.4, 0.6, 1, 2.0 / 3),
                new PredictionStatistics(0, "opening", 0.6, 0.8, 1, 2.0 / 3),
            ],
            model.Predictions);
        Assert.Equal([new ClassTransition(0, 0, 1)], model.Transitions);
        Assert.Equal([Noon, Noon + TenMinutes], model.Series.Select(b => b.Start));
        Assert.All(model.Series, b => Assert.Equal((1, 1), (b.WindowCount, b.TopCounts[0])));
    }

    [Fact]
    public void Drift_compares_the_score_with_the_reference_period()
    {
        DateTimeOffset later = Noon + TenMinutes;
        StatisticsBook book = Book(
        [
            RandomUpdates.With("lobby", 0, Noon, null, (0.125f, [0, 0])),
            RandomUpdates.With("lobby", 1, Noon, null, (0.5f, [0, 0])),
            RandomUpdates.With("lobby", 2, later, null, (0.5f, [0, 0])),
            RandomUpdates.With("lobby", 3, later, null, (0.75f, [0, 0])),
        ]);
        var query = new StatisticsQuery { From = later, ReferenceFrom = Noon, ReferenceTo = later };

        ScoreDrift drift = book.Query(query, []).Models.Single().Classes.Single().Drift!;

        Assert.Equal((2, 0.3125, 0.5), (drift.ReferenceCount, drift.MeanDifference, drift.KolmogorovSmirnov));
        // Two bins differ, 1½ of 12 against ½ of 12, once in each direction.
        Assert.Equal(2 * (1.0 / 12) * Math.Log(3), drift.PopulationStabilityIndex, 12);
        StatisticsReport same = book.Query(query with { ReferenceFrom = later, ReferenceTo = null }, []);
        Assert.Equal(new ScoreDrift(2, 0, 0, 0), same.Models.Single().Classes.Single().Drift);
    }

    [Fact]
    public void Values_beyond_the_range_count_as_its_bound_and_no_number_as_zero()
    {
        StatisticsBook book = Book(
        [
            RandomUpdates.With(
                "lobby", 0, Noon, null, (0.5f, [float.PositiveInfinity, float.NegativeInfinity, float.NaN])),
        ]);
        PositionStatistics positions = book.Query(new StatisticsQuery(), []).Models[0].Classes[0].Positions[0];
        Assert.Equal([4194304, -4194304, 0], positions.MeanEsv);
    }

    [Fact]
    public void Windows_above_64_frames_have_no_matrix()
    {
        StatisticsBook book = Book(
        [
            RandomUpdates.With("lobby", 0, Noon, null, (0.5f, Ramp(64))),
            RandomUpdates.With("lobby", 1, Noon, null, (0.5f, Ramp(65))),
            RandomUpdates.With("lobby", 2, Noon, null, (0.5f, Ramp(4096))),
        ]);
        IReadOnlyList<PositionStatistics> lengths =
            book.Query(new StatisticsQuery(), []).Models[0].Classes[0].Positions;
        Assert.Equal([(64, 64 * 64), (65, 0), (4096, 0)], lengths.Select(p => (p.WindowLength, p.GreaterThan.Length)));
        Assert.Equal(64 * 63 / 2, lengths[0].GreaterThan.Sum());
        Assert.All(lengths, p => Assert.Equal((1, 1), (p.MostSupporting[^1], p.MostDistracting[0])));

        static float[] Ramp(int length) => [.. Enumerable.Range(0, length).Select(i => (float)i)];
    }

    [Fact]
    public void A_period_that_ends_before_it_begins_is_refused()
    {
        StatisticsBook book = Book([]);
        var error = Assert.Throws<VideoServiceException>(
            () => book.Query(new StatisticsQuery { From = Noon, To = Noon }, []));
        Assert.Equal((VideoServiceError.Invalid, "to"), (error.Error, error.Field));
        error = Assert.Throws<VideoServiceException>(
            () => book.Query(new StatisticsQuery { ReferenceFrom = Noon, ReferenceTo = Noon - TenMinutes }, []));
        Assert.Equal((VideoServiceError.Invalid, "referenceTo"), (error.Error, error.Field));
    }

    [Fact]
    public void A_stored_bucket_that_is_damaged_is_named()
    {
        var error = Assert.Throws<VideoServiceException>(
            () => Book([]).Query(new StatisticsQuery(), [new StatisticsBlob("moves 1", "lobby", Noon, [9])]));
        Assert.Equal(VideoServiceError.StoreFailed, error.Error);
        Assert.Equal(
            "The stored statistics of lobby from 2026-03-01 12:00:00Z on cannot be read. Found format 9, expected 1. " +
            "Ask for a period without them.",
            error.Message);
    }

    [Fact]
    public void A_report_survives_its_json()
    {
        StatisticsReport report = Book(RandomUpdates.Of(3, 50, "lobby")).Query(
            new StatisticsQuery { ReferenceFrom = Noon }, []);
        string json = ReportAssert.Json(report);
        StatisticsReport read = JsonSerializer.Deserialize(json, ContractJson.Lines.StatisticsReport)!;
        Assert.Equal(json, ReportAssert.Json(read));
    }

    private static StatisticsBook Book(IEnumerable<AttributionUpdate> updates)
    {
        var book = new StatisticsBook(TenMinutes);
        foreach (AttributionUpdate update in updates)
            book.Add(update);
        return book;
    }
}
