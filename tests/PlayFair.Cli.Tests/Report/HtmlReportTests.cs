using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using PlayFair.Cli.Report;
using PlayFair.Engine;
using static PlayFair.Cli.Tests.Report.OpenedReport;

namespace PlayFair.Cli.Tests.Report;

public sealed class HtmlReportTests(ChromiumFixture chromium) : IClassFixture<ChromiumFixture>
{
    private static readonly AttributionDocument Sample = SampleAttribution.Document();
    private static readonly IReadOnlyList<byte[]> Pictures = SampleAttribution.Pictures(Sample.Frames.Count);

    private Task<OpenedReport> OpenAsync(string hash = "") => OpenedReport.OpenAsync(chromium, Sample, Pictures, hash);

    private static AttributedClass Class(AttributionDocument document, int index) =>
        document.Classes.Single(c => c.Index == index);

    [Fact]
    public async Task The_page_holds_the_very_document_that_json_writes()
    {
        await using var report = await OpenAsync();
        var written = JsonNode.Parse(JsonSerializer.Serialize(Sample, AttributionDocument.JsonOptions));
        Assert.True(JsonNode.DeepEquals(written, await report.EmbeddedAsync()));
        report.AssertQuiet();
    }

    [Fact]
    public async Task Each_frame_shows_the_documents_value_for_the_selected_classes()
    {
        await using var report = await OpenAsync();
        var document = await report.DocumentAsync();
        Assert.Equal(Sample.Frames.Count, await report.Frames.CountAsync());
        for (var i = 0; i < document.Frames.Count; i++)
        {
            var frame = report.Frames.Nth(i);
            var printed = await frame.Locator(".number").AllTextContentsAsync();
            var spoken = await frame.GetAttributeAsync("aria-label");
            Assert.Equal(document.Selected.Count, printed.Count);
            Assert.StartsWith($"Frame {document.Frames[i].Index}, {document.Frames[i].TimeSeconds:0.00} s;", spoken);
            for (var k = 0; k < printed.Count; k++)
            {
                var c = Class(document, document.Selected[k]);
                AssertShows(c.Esv[i], printed[k]);
                var role = c.Esv[i] > 0 ? "supporting" : "distracting";
                Assert.Contains($"{c.Name}: φ {printed[k]}, {role}", spoken, StringComparison.Ordinal);
            }
        }

        report.AssertQuiet();
    }

    [Fact]
    public async Task Bars_rise_from_the_zero_line_when_supporting_and_hang_from_it_when_distracting()
    {
        await using var report = await OpenAsync();
        var values = Sample.Classes[0].Esv;
        Assert.Contains(values, value => value > 0);
        Assert.Contains(values, value => value < 0);
        var lengths = new List<double>();
        for (var i = 0; i < values.Count; i++)
        {
            var bar = report.Frames.Nth(i).Locator(".signed-bar").First;
            var zero = await NumberAsync(bar.Locator("line"), "y1");
            var top = await NumberAsync(bar.Locator("rect"), "y");
            var height = await NumberAsync(bar.Locator("rect"), "height");
            Assert.Equal(zero, values[i] > 0 ? top + height : top, 0.02);
            var role = values[i] > 0 ? "supporting" : "distracting";
            Assert.Equal(role, await bar.Locator("rect").GetAttributeAsync("class"));
            lengths.Add(height / Math.Abs(values[i]));
        }

        Assert.True(lengths.Max() / lengths.Min() < 1.05, "Bars are not proportional to their values.");
    }

    [Fact]
    public async Task Class_scores_are_the_documents_once_all_are_shown()
    {
        await using var report = await OpenAsync();
        Assert.True(await report.Classes.CountAsync() < Sample.Classes.Count);
        await report.Page.GetByRole(AriaRole.Button, new() { Name = "Show all 24" }).ClickAsync();
        Assert.Equal(Sample.Classes.Count, await report.Classes.CountAsync());
        for (var rank = 0; rank < Sample.Classes.Count; rank++)
        {
            var button = report.Classes.Nth(rank);
            Assert.Equal(Sample.Classes[rank].Name, await button.Locator(".class-name").TextContentAsync());
            AssertShows(Sample.Classes[rank].Score, await button.Locator(".class-score").TextContentAsync() ?? "");
        }

        AssertShows(Sample.Classes[0].Score, await report.Page.Locator(".predicted-score").TextContentAsync() ?? "");
        report.AssertQuiet();
    }

    [Fact]
    public async Task Choosing_a_class_adds_its_curve_and_choosing_it_again_removes_it()
    {
        await using var report = await OpenAsync();
        var third = Sample.Classes[2];
        Assert.Equal(2, await report.Curves.CountAsync());

        await report.Classes.Nth(2).ClickAsync();
        Assert.Equal(3, await report.Curves.CountAsync());
        Assert.Equal(third.Name, await report.Curves.Nth(2).GetAttributeAsync("data-name"));
        Assert.Equal("true", await report.Classes.Nth(2).GetAttributeAsync("aria-pressed"));
        var shown = await report.Frames.Nth(5).Locator(".number").AllTextContentsAsync();
        AssertShows(third.Esv[5], shown[2]);

        // The list is drawn anew, and focus must stay for the keyboard to go on.
        await report.Page.Keyboard.PressAsync("Enter");
        Assert.Equal(2, await report.Curves.CountAsync());
        await report.Page.Keyboard.PressAsync("Space");
        Assert.Equal(3, await report.Curves.CountAsync());
        report.AssertQuiet();
    }

    [Fact]
    public async Task The_last_class_cannot_be_removed()
    {
        await using var report = await OpenAsync();
        await report.Classes.Nth(0).ClickAsync();
        await report.Classes.Nth(1).ClickAsync();
        Assert.Equal(1, await report.Curves.CountAsync());
        Assert.Equal(Sample.Classes[1].Name, await report.Curves.First.GetAttributeAsync("data-name"));
    }

    [Fact]
    public async Task Contrast_shows_the_differences_of_the_two_classes()
    {
        await using var report = await OpenAsync();
        await report.Page.GetByRole(AriaRole.Radio, new() { Name = "Contrast δ" }).CheckAsync();
        var (a, b) = (Sample.Classes[0], Sample.Classes[1]);
        Assert.Equal(1, await report.Curves.CountAsync());
        await AssertContrastAsync(report, a, b);

        await report.Page.GetByRole(AriaRole.Button, new() { Name = "Swap" }).ClickAsync();
        await AssertContrastAsync(report, b, a);

        var other = Sample.Classes[7];
        await report.Page.GetByLabel("Class A").SelectOptionAsync(other.Name);
        await AssertContrastAsync(report, other, a);

        await report.Classes.Nth(3).ClickAsync();
        await AssertContrastAsync(report, other, Sample.Classes[3]);
        report.AssertQuiet();
    }

    private static async Task AssertContrastAsync(OpenedReport report, AttributedClass a, AttributedClass b)
    {
        for (var i = 0; i < a.Esv.Count; i++)
        {
            var printed = Assert.Single(await report.Frames.Nth(i).Locator(".number").AllTextContentsAsync());
            AssertShows(a.Esv[i] - b.Esv[i], printed);
        }
    }

    [Fact]
    public async Task Hovering_a_frame_shows_it_large_with_its_time_and_values()
    {
        await using var report = await OpenAsync();
        await report.Frames.Nth(5).HoverAsync();
        await AssertLargeAsync(report, 5);

        await report.Frames.Nth(2).HoverAsync();
        await AssertLargeAsync(report, 2);
        report.AssertQuiet();
    }

    [Fact]
    public async Task Arrow_keys_move_through_the_frames_in_the_strip_and_on_the_curve()
    {
        await using var report = await OpenAsync();
        await report.Frames.Nth(0).FocusAsync();
        await report.Page.Keyboard.PressAsync("ArrowRight");
        await report.Page.Keyboard.PressAsync("ArrowRight");
        await AssertLargeAsync(report, 2);
        Assert.Equal("true", await report.Frames.Nth(2).GetAttributeAsync("aria-selected"));
        Assert.True(await report.Frames.Nth(2).EvaluateAsync<bool>("frame => frame === document.activeElement"));

        var curve = report.Page.GetByRole(AriaRole.Slider, new() { Name = "Current frame" });
        await curve.FocusAsync();
        await report.Page.Keyboard.PressAsync("End");
        await AssertLargeAsync(report, 7);
        await report.Page.Keyboard.PressAsync("ArrowRight");
        await report.Page.Keyboard.PressAsync("ArrowLeft");
        await AssertLargeAsync(report, 6);
        Assert.Equal("7", await curve.GetAttributeAsync("aria-valuenow"));
        report.AssertQuiet();
    }

    [Fact]
    public async Task Hovering_the_curve_shows_the_nearest_frame()
    {
        await using var report = await OpenAsync();
        await report.Page.Locator("#curve").ScrollIntoViewIfNeededAsync();
        var point = await report.Curves.First.Locator(".marker").Nth(4).BoundingBoxAsync();
        await report.Page.Mouse.MoveAsync(point!.X + point.Width / 2 + 8, point.Y + 30);
        await AssertLargeAsync(report, 4);
    }

    private static async Task AssertLargeAsync(OpenedReport report, int position)
    {
        var frame = Sample.Frames[position];
        var title = await report.Page.Locator(".detail-title").TextContentAsync();
        Assert.StartsWith($"Frame {frame.Index}{frame.TimeSeconds:0.00} s", title);
        Assert.Equal(Pictures[position], await report.LargePictureAsync());
        var values = await report.Page.Locator(".detail-values .number").AllTextContentsAsync();
        Assert.Equal(Sample.Selected.Count, values.Count);
        for (var k = 0; k < values.Count; k++)
            AssertShows(Class(Sample, Sample.Selected[k]).Esv[position], values[k]);
    }

    [Fact]
    public async Task A_copied_address_restores_classes_contrast_and_frame()
    {
        await using var report = await OpenAsync();
        await report.Classes.Nth(4).ClickAsync();
        await report.Page.GetByRole(AriaRole.Radio, new() { Name = "Contrast δ" }).CheckAsync();
        await report.Classes.Nth(6).ClickAsync();
        await report.Frames.Nth(3).ClickAsync();
        var indices = Sample.Classes.Select(c => c.Index).ToArray();
        var expected = $"#classes={indices[0]},{indices[1]},{indices[4]}&contrast={indices[0]},{indices[6]}&frame=3";
        await report.Page.WaitForFunctionAsync("hash => location.hash === hash", expected);

        await using var restored = await OpenAsync(expected);
        Assert.Equal(Pictures[3], await restored.LargePictureAsync());
        Assert.True(await restored.Page.GetByRole(AriaRole.Radio, new() { Name = "Contrast δ" }).IsCheckedAsync());
        await AssertContrastAsync(restored, Sample.Classes[0], Sample.Classes[6]);
        await restored.Page.GetByRole(AriaRole.Radio, new() { Name = "Each class φ" }).CheckAsync();
        Assert.Equal(3, await restored.Curves.CountAsync());
        restored.AssertQuiet();
    }

    [Theory]
    [InlineData("#classes=999,-1,x&contrast=4&frame=700")]
    [InlineData("#frame=%F0%28&classes=")]
    [InlineData("#classes=<img src=x onerror=alert(1)>&contrast=4,4")]
    public async Task A_damaged_address_falls_back_to_the_documents_selection(string hash)
    {
        await using var report = await OpenAsync(hash);
        Assert.Equal(2, await report.Curves.CountAsync());
        Assert.Equal(Sample.Frames.Count, await report.Frames.CountAsync());
        report.AssertQuiet();
    }

    [Fact]
    public async Task Hostile_names_and_paths_stay_text()
    {
        const string Attack =
            "</script></title><img src=x onerror=\"window.attacked=1\"><!--<script>\u2028'\\{{script}}";
        var document = Sample with
        {
            Video = Sample.Video! with { Path = Attack },
            Classes = [Sample.Classes[0] with { Name = Attack }, .. Sample.Classes.Skip(1)],
            Model = Sample.Model with { Name = Attack },
            Warnings = [Attack],
        };
        await using var report = await OpenedReport.OpenAsync(chromium, document, Pictures);
        await report.Page.GetByRole(AriaRole.Radio, new() { Name = "Contrast δ" }).CheckAsync();
        await report.Frames.Nth(1).ClickAsync();

        Assert.Equal(Attack, (await report.DocumentAsync()).Classes[0].Name);
        Assert.Equal(Attack, await report.Page.Locator(".warnings li").TextContentAsync());
        Assert.Equal(Attack, await report.Page.Locator(".prediction strong").TextContentAsync());
        Assert.Equal(Sample.Frames.Count + 1, await report.Page.Locator("img").CountAsync());
        Assert.Equal(3, await report.Page.Locator("script").CountAsync());
        Assert.True(await report.Page.EvaluateAsync<bool>("window.attacked === undefined"));
        report.AssertQuiet();
    }

    [Fact]
    public async Task The_page_runs_no_script_but_its_own()
    {
        await using var report = await OpenAsync();
        var ran = await report.Page.EvaluateAsync<bool>(
            """
            () => {
              const script = document.createElement('script');
              script.textContent = 'window.intruder = true';
              document.body.append(script);
              return window.intruder === true;
            }
            """);
        Assert.False(ran);
    }

    [Fact]
    public void The_file_holds_no_network_address()
    {
        using var file = new MemoryStream();
        HtmlReport.Write(Sample, Pictures, file);
        var html = Encoding.UTF8.GetString(file.ToArray());
        Assert.StartsWith("<!DOCTYPE html>", html);
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\{\{[a-z]+\}\}", html);
    }

    [Theory]
    [InlineData(360, 8, 24)]
    [InlineData(390, 8, 24)]
    [InlineData(390, 200, 174)]
    [InlineData(768, 20, 24)]
    [InlineData(1920, 3, 1)]
    [InlineData(360, 49, 24, true)]
    public async Task No_width_scrolls_the_page_sideways(
        int width, int frameCount, int classCount, bool isSampled = false)
    {
        var sample = isSampled
            ? SampleAttribution.Sampled(frameCount)
            : SampleAttribution.Document(frameCount, classCount);
        var document = sample with
        {
            Video = Sample.Video! with { Path = "clips/" + new string('x', 180) + ".mp4" },
        };
        await using var report = await OpenedReport.OpenAsync(
            chromium, document, SampleAttribution.Pictures(frameCount), $"#frame={frameCount - 1}", width);
        await report.Page.EvaluateAsync("() => document.querySelectorAll('details').forEach(d => { d.open = true; })");
        await AssertFitsAsync();
        if (classCount > 1)
        {
            await report.Page.GetByRole(AriaRole.Radio, new() { Name = "Contrast δ" }).CheckAsync();
            await AssertFitsAsync();
        }

        var current = await report.Frames.Last.BoundingBoxAsync();
        Assert.InRange(current!.X, 0, width - current.Width);
        report.AssertQuiet();

        async Task AssertFitsAsync() => Assert.Equal(
            0, await report.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth"));
    }

    [Fact]
    public async Task Without_pictures_the_strip_shows_numbered_blanks_and_no_times()
    {
        var document = Sample with
        {
            Video = null,
            Features = new FeatureSummary("clip.safetensors", 8, 256),
            Frames = [.. Sample.Frames.Select(frame => frame with { Index = frame.Position, TimeSeconds = null })],
            Timings = Sample.Timings with { DecodeSeconds = 0, FeatureSeconds = 0 },
        };
        await using var report = await OpenedReport.OpenAsync(chromium, document, null);
        Assert.Equal("clip.safetensors", await report.Page.Locator("h1").TextContentAsync());
        Assert.Equal("0 1 2 3 4 5 6 7", string.Join(' ', await report.Frames.Locator(".blank").AllTextContentsAsync()));
        Assert.StartsWith("Frame 3; ", await report.Frames.Nth(3).GetAttributeAsync("aria-label"));
        Assert.Equal(0, await report.Page.Locator("img").CountAsync());
        report.AssertQuiet();
    }

    [Fact]
    public async Task Filtering_lists_the_classes_that_hold_the_words_and_keeps_the_chosen_ones()
    {
        await using var report = await OpenAsync();
        var filter = report.Page.GetByRole(AriaRole.Searchbox, new() { Name = "Filter classes" });
        await filter.FillAsync("ROTATING");
        Assert.Equal(2, await report.Classes.CountAsync());
        await report.Classes.First.ClickAsync();
        Assert.Equal(3, await report.Curves.CountAsync());
        await filter.FillAsync("no such class");
        Assert.Equal(0, await report.Classes.CountAsync());
        await filter.FillAsync("");
        var pressed = report.Page.Locator("#classes button[aria-pressed=true]");
        Assert.Equal(3, await pressed.CountAsync());
    }

    [Fact]
    public async Task The_sum_is_checked_for_each_class_and_supporting_frames_are_counted()
    {
        await using var report = await OpenAsync();
        Assert.StartsWith("✓ Yes.", await report.Page.Locator("#efficiency-verdict").TextContentAsync());
        for (var k = 0; k < Sample.Selected.Count; k++)
        {
            var c = Class(Sample, Sample.Selected[k]);
            var card = report.Page.Locator(".sum").Nth(k);
            var terms = await card.Locator("dd").AllTextContentsAsync();
            AssertShows(c.EsvSum, terms[0]);
            AssertShows(c.Score, terms[1]);
            AssertShows(c.Prior, terms[2]);
            AssertShows(c.EfficiencyGap, terms[3]);
            var supporting = c.Esv.Count(value => value > 0);
            Assert.Equal(
                $"{supporting} supporting, {c.Esv.Count - supporting} distracting",
                await card.Locator(".counts").TextContentAsync());
        }
    }

    [Fact]
    public async Task A_sum_that_fails_is_said_to_fail()
    {
        var document = Sample with
        {
            Classes = [.. Sample.Classes.Select((c, rank) => rank == 5 ? c with { EfficiencyGap = -0.0123 } : c)],
        };
        await using var report = await OpenedReport.OpenAsync(chromium, document, Pictures);
        var verdict = await report.Page.Locator("#efficiency-verdict").TextContentAsync();
        Assert.StartsWith("✗ No.", verdict);
        Assert.Contains("0.0123", verdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_runs_settings_and_warnings_are_shown()
    {
        var document = Sample with { Warnings = ["96 of 480 frames did not decode"] };
        await using var report = await OpenedReport.OpenAsync(chromium, document, Pictures);
        Assert.Equal("96 of 480 frames did not decode", await report.Page.Locator(".warnings li").TextContentAsync());
        var settings = await report.Page.Locator("#settings").TextContentAsync() ?? "";
        string[] expected =
        [
            "moves-trn 1.0.0", "TRN, scales 1 to 8", "uniform 8", "softmax-of-mean", "exact", "255", "cpu", "412 ms",
            "640 × 480",
        ];
        Assert.All(expected, value => Assert.Contains(value, settings, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Sampled_values_have_whiskers_of_one_standard_error_and_say_it_in_numbers()
    {
        var sampled = SampleAttribution.Sampled();
        await using var report = await OpenedReport.OpenAsync(chromium, sampled, Pictures);
        var (values, errors) = (sampled.Classes[0].Esv, sampled.Classes[0].StandardErrors!);
        for (var i = 0; i < values.Count; i++)
        {
            var frame = report.Frames.Nth(i);
            var bar = frame.Locator(".signed-bar").First;
            var (low, high) = await WhiskerAsync(bar);
            var zero = await NumberAsync(bar.Locator("line"), "y1");
            var height = await NumberAsync(bar.Locator("rect"), "height");
            // In the bar's own units: the value's length is what one unit of φ is drawn as.
            var unit = height / Math.Abs(values[i]);
            Assert.Equal(zero - (unit * values[i]), (low + high) / 2, 0.03);
            Assert.Equal(2 * unit * errors[i], low - high, 0.03 + (0.01 * (low - high)));
            Assert.InRange(high, 0, 100);
            Assert.InRange(low, 0, 100);
            AssertShows(errors[i], await ErrorAsync(frame));
            var spoken = await frame.GetAttributeAsync("aria-label");
            Assert.Contains($" ± {await ErrorAsync(frame)}, ", spoken, StringComparison.Ordinal);
        }

        Assert.Contains("Whiskers: one standard error", await report.Page.Locator("#frames-hint").TextContentAsync());
        await report.Frames.Nth(3).ClickAsync();
        AssertShows(errors[3], await ErrorAsync(report.Page.Locator(".detail-values")));
        report.AssertQuiet();

        static async Task<string> ErrorAsync(ILocator inside) =>
            (await inside.Locator(".error").First.TextContentAsync())!.TrimStart(' ', '±');

        // M42 lowH58M50 lowV highM42 highH58
        static async Task<(double Low, double High)> WhiskerAsync(ILocator bar)
        {
            var path = await bar.Locator(".whisker").GetAttributeAsync("d") ?? "";
            double[] numbers =
                [.. path.Split(['M', 'H', 'V', ' '], StringSplitOptions.RemoveEmptyEntries).Select(double.Parse)];
            Assert.Equal(numbers[1], numbers[4]);
            Assert.Equal(numbers[5], numbers[7]);
            return (numbers[1], numbers[5]);
        }
    }

    [Fact]
    public async Task Curves_of_sampled_values_lie_in_the_middle_of_a_band()
    {
        await using var report = await OpenedReport.OpenAsync(chromium, SampleAttribution.Sampled(), Pictures);
        var bands = report.Page.Locator("#curve .error-band");
        Assert.Equal(2, await bands.CountAsync());
        for (var k = 0; k < 2; k++)
        {
            var line = await PointsAsync(report.Curves.Nth(k).Locator("polyline"));
            var band = await PointsAsync(bands.Nth(k));
            Assert.Equal(2 * line.Length, band.Length);
            for (var i = 0; i < line.Length; i++)
            {
                var (high, low) = (band[i], band[^(i + 1)]);
                Assert.Equal((line[i].X, line[i].X), (high.X, low.X));
                Assert.Equal(line[i].Y, (high.Y + low.Y) / 2, 0.02);
                Assert.True(high.Y < low.Y || i == 0, "a band should have a height");
            }
        }

        // Of the contrast no error is known.
        await report.Page.GetByRole(AriaRole.Radio, new() { Name = "Contrast δ" }).CheckAsync();
        Assert.Equal(0, await bands.CountAsync());
        Assert.Equal(0, await report.Page.Locator(".whisker").CountAsync());
        report.AssertQuiet();

        static async Task<(double X, double Y)[]> PointsAsync(ILocator shape) =>
        [
            .. (await shape.GetAttributeAsync("points"))!.Split(' ').Select(point => point.Split(','))
                .Select(pair => (double.Parse(pair[0]), double.Parse(pair[1]))),
        ];
    }

    [Fact]
    public async Task A_sampled_run_says_how_it_was_sampled_and_that_the_sum_holds_nearly()
    {
        await using var report = await OpenedReport.OpenAsync(chromium, SampleAttribution.Sampled(), Pictures);
        var verdict = await report.Page.Locator("#efficiency-verdict").TextContentAsync();
        Assert.StartsWith("≈ Nearly.", verdict);
        Assert.Contains("0.0021", verdict, StringComparison.Ordinal);
        var settings = await report.Page.Locator("#settings").TextContentAsync() ?? "";
        string[] expected =
        [
            "subsequence-sampling", "at most 7.1 % of the mean |φ|", "Iterations10",
            "Subsequences of a size1\u202f024", "Seed7", "Stopped bybudget", "Tolerance5 %",
            "Evaluation budget2\u202f000\u202f000", "Time limit90.00 s",
        ];
        Assert.All(expected, value => Assert.Contains(value, settings, StringComparison.Ordinal));
        Assert.DoesNotContain("Iteration limit", settings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exact_values_have_no_error_marks()
    {
        await using var report = await OpenAsync();
        Assert.Equal(0, await report.Page.Locator(".whisker, .error-band, .error").CountAsync());
        Assert.DoesNotContain("Whiskers", await report.Page.Locator("#frames-hint").TextContentAsync());
    }

    [Fact]
    public async Task Logits_below_zero_hang_left_of_the_zero_of_the_class_bars()
    {
        var document = Sample with
        {
            Settings = Sample.Settings with { Score = "logit" },
            Classes = [.. Sample.Classes.Select((c, rank) => c with { Score = 6.5 - rank, Prior = Math.Log(c.Prior) })],
        };
        await using var report = await OpenedReport.OpenAsync(chromium, document, Pictures);
        await report.Page.GetByRole(AriaRole.Button, new() { Name = "Show all 24" }).ClickAsync();
        var best = report.Classes.Nth(0).Locator(".class-bar-score");
        var negative = report.Classes.Nth(9).Locator(".class-bar-score");
        var zero = await NumberAsync(best, "x");
        Assert.Equal(zero, await NumberAsync(negative, "x") + await NumberAsync(negative, "width"), 0.02);
        Assert.Equal(6.5 / 2.5, await NumberAsync(best, "width") / await NumberAsync(negative, "width"), 0.02);
        Assert.Equal("\u22122.5000", await report.Classes.Nth(9).Locator(".class-score").TextContentAsync());
    }

    [Fact]
    public void Pictures_that_do_not_match_the_frames_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(
            () => HtmlReport.Write(Sample, SampleAttribution.Pictures(3), Stream.Null));
        Assert.Contains("3 pictures for 8 frames", error.Message, StringComparison.Ordinal);
    }

    private static async Task<double> NumberAsync(ILocator element, string attribute) =>
        double.Parse(await element.GetAttributeAsync(attribute) ?? "");
}
