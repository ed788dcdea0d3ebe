namespace PlayFair.Moves;

/// <summary>Whether textures, object shapes and backgrounds come from the training pool or from the one kept apart.</summary>
public enum Split
{
    Train,
    HeldOut,
}

/// <summary>Where a sprite is. Positions are in frame heights from the top left corner, y down; size in frame heights;
/// angle in radians, clockwise as seen.</summary>
public readonly record struct Pose(double X, double Y, double Size, double Angle);

/// <summary>What a sprite is to its scene: what a per-frame description of the scene speaks of.</summary>
public enum Role
{
    /// <summary>The thing acted on (with two: either; the annotation orders them left to right).</summary>
    Thing,
    Cover,
    Lid,
    Body,
    Hand,
    Table,
}

/// <summary>One textured silhouette and its path.</summary>
/// <param name="At">Pose at a time 0 … 1 of the video; null while out of the scene.</param>
/// <param name="TextureScale">Pattern periods per unit of the shape's own frame.</param>
public sealed record Sprite(Role Role, Shape Shape, Texture Texture, double TextureScale, Func<double, Pose?> At);

/// <summary>
/// One video before it is drawn: sprites from back to front over a background. All of it, and so every pixel of the
/// video, follows from (class, split, seed).
/// </summary>
public sealed class Scene
{
    /// <summary>Frame width over frame height; x runs 0 … Aspect, y runs 0 … 1.</summary>
    public const double Aspect = 4.0 / 3;

    private Scene(MoveClass move, Split split, int seed, Texture background, IReadOnlyList<Sprite> sprites, int frameCount)
    {
        Move = move;
        Split = split;
        Seed = seed;
        Background = background;
        Sprites = sprites;
        FrameCount = frameCount;
    }

    public MoveClass Move { get; }

    public Split Split { get; }

    public int Seed { get; }

    public Texture Background { get; }

    /// <summary>Back to front.</summary>
    public IReadOnlyList<Sprite> Sprites { get; }

    public int FrameCount { get; }

    /// <summary>Stages one video.</summary>
    public static Scene Create(MoveClass move, Split split, int seed)
    {
        var choreography = new Choreography(split, RandomFor(seed, 0));

        // The odd class of a reversible pair is the even one played backwards: equal frames in law, by construction.
        bool backwards = move.Reverse() is { } partner && partner < move;
        var sprites = choreography.Stage(backwards ? move.Reverse()!.Value : move);
        if (backwards)
            sprites = [.. sprites.Select(s => s with { At = t => s.At(1 - t) })];
        return new Scene(move, split, seed, choreography.Background, sprites, choreography.FrameCount);
    }

    /// <summary>A random stream of a video: its seed is scrambled, since <see cref="Random"/> starts alike from
    /// neighbouring seeds and the seeds of a data set are consecutive.</summary>
    internal static Random RandomFor(int seed, int stream)
    {
        ulong z = ((ulong)(uint)seed << 8 | (uint)stream) + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return new Random((int)(z ^ (z >> 31)));
    }

    /// <summary>Time 0 … 1 of a frame.</summary>
    public double TimeOf(int frame) => frame / (double)(FrameCount - 1);
}
