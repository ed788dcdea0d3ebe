namespace PlayFair.Moves.Tests;

public sealed class SceneTests
{
    private static readonly int[] Seeds = [1, 2, 3, 77, 1_000_000];

    public static TheoryData<MoveClass> Moves => [.. MoveClasses.All];

    public static TheoryData<MoveClass> ReversibleMoves =>
        [.. MoveClasses.All.Where(m => m.Reverse() is { } partner && partner > m)];

    [Fact]
    public void There_are_at_least_twenty_classes_with_names_of_their_own_and_most_form_reversible_pairs()
    {
        Assert.True(MoveClasses.All.Count >= 20);
        Assert.Equal(MoveClasses.All.Count, MoveClasses.All.Select(m => m.Name()).Distinct(StringComparer.Ordinal).Count());
        Assert.True(MoveClasses.All.Count(m => m.Reverse() is not null) * 2 > MoveClasses.All.Count);
        Assert.All(MoveClasses.All.Where(m => m.Reverse() is not null), m => Assert.Equal(m, m.Reverse()!.Value.Reverse()));
    }

    /// <summary>What makes such a pair a test of order: the same seed gives the same frames the other way round.</summary>
    [Theory]
    [MemberData(nameof(ReversibleMoves))]
    public void The_reverse_of_a_class_is_the_class_played_backwards(MoveClass move)
    {
        foreach (int seed in Seeds)
        {
            Scene forwards = Scene.Create(move, Split.Train, seed);
            Scene backwards = Scene.Create(move.Reverse()!.Value, Split.Train, seed);
            Assert.Equal(forwards.FrameCount, backwards.FrameCount);
            for (int frame = 0; frame < forwards.FrameCount; frame++)
            {
                double[] expected = Annotation.Of(forwards, frame);
                double[] actual = Annotation.Of(backwards, forwards.FrameCount - 1 - frame);
                Assert.Equal(expected.Length, actual.Length);
                for (int i = 0; i < expected.Length; i++)
                    Assert.Equal(expected[i], actual[i], 1e-9);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Moves))]
    public void Something_moves_in_every_scene(MoveClass move)
    {
        foreach (int seed in Seeds)
        {
            Scene scene = Scene.Create(move, Split.HeldOut, seed);
            double[] first = Annotation.Of(scene, 0);
            Assert.Contains(
                Enumerable.Range(1, scene.FrameCount - 1), frame => !Annotation.Of(scene, frame).SequenceEqual(first));
        }
    }

    [Fact]
    public void Held_out_videos_share_no_shape_pattern_or_background_with_training_videos()
    {
        Assert.Empty(Shapes.Train.Select(s => s.Name).Intersect(Shapes.HeldOut.Select(s => s.Name), StringComparer.Ordinal));
        var train = Names(Split.Train);
        var heldOut = Names(Split.HeldOut);
        Assert.All(["stripes", "wood", "disc"], name => Assert.Contains(name, train));
        Assert.All(["zigzag", "bricks", "heart"], name => Assert.Contains(name, heldOut));
        // What belongs to the staging, and not to the pools: the hand, the table, the box with its lid and the cloth.
        string[] common = [.. train.Intersect(heldOut, StringComparer.Ordinal)];
        Assert.Equal("box cloth hand lid skin table", string.Join(' ', common.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Neighbouring_seeds_give_unrelated_scenes()
    {
        var lengths = Enumerable.Range(1, 400).Select(seed => Scene.Create(MoveClass.MovingLeft, Split.Train, seed).FrameCount);
        // 21 lengths are equally likely: a fair draw of 400 shows each of them.
        Assert.Equal(Enumerable.Range(24, 21), lengths.Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(Moves))]
    public void A_seed_fixes_every_pixel(MoveClass move)
    {
        Assert.Equal(Draw(Scene.Create(move, Split.Train, 5)), Draw(Scene.Create(move, Split.Train, 5)));
        Assert.NotEqual(Draw(Scene.Create(move, Split.Train, 5)), Draw(Scene.Create(move, Split.Train, 6)));
    }

    [Fact]
    public void The_thing_is_drawn_where_the_annotation_says()
    {
        Scene scene = Scene.Create(MoveClass.MovingRight, Split.Train, 3);
        var renderer = new Renderer(scene, 120);
        var first = new byte[renderer.Width * renderer.Height * 3];
        var last = new byte[first.Length];
        renderer.Draw(0, first);
        renderer.Draw(scene.FrameCount - 1, last);

        double[] from = Annotation.Of(scene, 0), to = Annotation.Of(scene, scene.FrameCount - 1);
        int arrival = Offset(renderer, to[1], to[2]), departure = Offset(renderer, from[1], from[2]);
        double background = Difference(first, last, 0);
        Assert.True(Difference(first, last, arrival) > background + 20);
        Assert.True(Difference(first, last, departure) > background + 20);
    }

    [Fact]
    public void A_frame_buffer_of_the_wrong_size_is_refused_with_both_sizes()
    {
        var renderer = new Renderer(Scene.Create(MoveClass.Opening, Split.Train, 1), 120);
        var refusal = Assert.Throws<ArgumentException>(() => renderer.Draw(0, new byte[10]));
        Assert.Contains("10 bytes", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("57600", refusal.Message, StringComparison.Ordinal);
    }

    private static HashSet<string> Names(Split split)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int seed = 0; seed < 480; seed++)
        {
            Scene scene = Scene.Create(MoveClasses.All[seed % MoveClasses.All.Count], split, seed);
            // A table is painted like a background.
            names.Add(scene.Background.Name);
            foreach (Sprite sprite in scene.Sprites)
            {
                names.Add(sprite.Shape.Name);
                names.Add(sprite.Texture.Name);
            }
        }

        return names;
    }

    private static byte[] Draw(Scene scene)
    {
        var renderer = new Renderer(scene, 60);
        var pixels = new byte[renderer.Width * renderer.Height * 3];
        renderer.Draw(0, pixels);
        renderer.Draw(scene.FrameCount / 2, pixels);
        return pixels;
    }

    private static int Offset(Renderer renderer, double x, double y)
    {
        int column = (int)((x + 1) / 2 * renderer.Width), row = (int)((y + 1) / 2 * renderer.Height);
        return (row * renderer.Width + column) * 3;
    }

    private static double Difference(byte[] a, byte[] b, int at) =>
        Enumerable.Range(at, 3).Sum(i => Math.Abs(a[i] - b[i]));
}
