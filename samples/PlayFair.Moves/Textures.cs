namespace PlayFair.Moves;

/// <summary>RGB colour, each channel 0 … 255.</summary>
public readonly record struct Colour(float Red, float Green, float Blue)
{
    public static Colour Mix(Colour a, Colour b, double share)
    {
        var t = (float)share;
        return new Colour(a.Red + (b.Red - a.Red) * t, a.Green + (b.Green - a.Green) * t, a.Blue + (b.Blue - a.Blue) * t);
    }

    public Colour Scaled(double factor)
    {
        var f = (float)factor;
        return new Colour(Red * f, Green * f, Blue * f);
    }

    public double DistanceTo(Colour other) => Math.Sqrt(
        Math.Pow(Red - other.Red, 2) + Math.Pow(Green - other.Green, 2) + Math.Pow(Blue - other.Blue, 2));

    public static Colour FromHsv(double hue, double saturation, double value)
    {
        double sector = hue * 6 % 6;
        double chroma = value * saturation, x = chroma * (1 - Math.Abs(sector % 2 - 1)), m = value - chroma;
        var (r, g, b) = (int)sector switch
        {
            0 => (chroma, x, 0d),
            1 => (x, chroma, 0d),
            2 => (0d, chroma, x),
            3 => (0d, x, chroma),
            4 => (x, 0d, chroma),
            _ => (chroma, 0d, x),
        };
        return new Colour((float)((r + m) * 255), (float)((g + m) * 255), (float)((b + m) * 255));
    }
}

/// <summary>A two-colour surface: the pattern gives each point its share of the second colour.</summary>
/// <param name="Pattern">Share of <paramref name="Second"/>, 0 … 1, at a point of the surface.</param>
public sealed record Texture(string Name, Func<double, double, double> Pattern, Colour First, Colour Second)
{
    public Colour At(double x, double y) => Colour.Mix(First, Second, Pattern(x, y));

    public Colour Mean => Colour.Mix(First, Second, 0.5);
}

/// <summary>Surface patterns for objects and backgrounds. Held-out ones never appear in a training video.</summary>
public static class Patterns
{
    public delegate double Pattern(double x, double y, uint salt);

    public static IReadOnlyList<(string Name, Pattern At)> TrainObjects { get; } =
    [
        ("plain", (_, _, _) => 0.1),
        ("stripes", (x, y, _) => Square(x * 1.2)),
        ("checks", (x, y, _) => Square(x) * (1 - Square(y)) + (1 - Square(x)) * Square(y)),
        ("dots", (x, y, _) => Frac(x) * Frac(x) + Frac(y) * Frac(y) < 0.09 ? 1 : 0),
        ("cloud", (x, y, salt) => Cloud(x * 1.5, y * 1.5, salt)),
        ("gradient", (x, y, _) => Math.Clamp(0.5 + 0.35 * y, 0, 1)),
    ];

    public static IReadOnlyList<(string Name, Pattern At)> HeldOutObjects { get; } =
    [
        ("zigzag", (x, y, _) => Square(y * 1.2 + 0.5 * Math.Abs(Frac(x)))),
        ("rings", (x, y, _) => Square(Math.Sqrt(x * x + y * y) * 1.5)),
        ("plaid", (x, y, _) => 0.5 * Square(x * 1.3) + 0.5 * Square(y * 1.3)),
        ("marble", (x, y, salt) => 0.5 + 0.5 * Math.Sin(5 * (x + 1.6 * Cloud(x, y, salt)))),
    ];

    public static IReadOnlyList<(string Name, Pattern At)> TrainBackgrounds { get; } =
    [
        ("gradient", (x, y, _) => Math.Clamp(0.2 + 0.45 * y + 0.2 * x, 0, 1)),
        ("cloud", (x, y, salt) => Cloud(x * 3, y * 3, salt)),
        ("wood", (x, y, salt) => 0.5 + 0.5 * Math.Sin(26 * (y + 0.25 * Cloud(x * 1.5, y * 4, salt)))),
        ("tiles", (x, y, _) => Math.Abs(Frac(x * 5)) > 0.46 || Math.Abs(Frac(y * 5)) > 0.46 ? 1 : 0.15),
        ("speckle", (x, y, salt) => Cloud(x * 22, y * 22, salt)),
        ("soft stripes", (x, y, _) => 0.5 + 0.5 * Math.Sin(14 * (x + 0.3 * y))),
    ];

    public static IReadOnlyList<(string Name, Pattern At)> HeldOutBackgrounds { get; } =
    [
        ("bricks", Bricks),
        ("weave", (x, y, _) => 0.5 + 0.5 * Math.Sin(40 * x) * Math.Sin(40 * y)),
        ("terrazzo", (x, y, salt) => Cloud(x * 7, y * 7, salt) > 0.6 ? 1 : 0.1),
        ("ripples", (x, y, salt) => 0.5 + 0.5 * Math.Sin(30 * Math.Sqrt((x - 0.3) * (x - 0.3) + (y + 0.4) * (y + 0.4)))),
    ];

    /// <summary>Smooth value noise of two octaves, 0 … 1.</summary>
    public static double Cloud(double x, double y, uint salt) =>
        0.65 * ValueNoise(x, y, salt) + 0.35 * ValueNoise(x * 2.3, y * 2.3, salt + 1);

    private static double Bricks(double x, double y, uint salt)
    {
        double row = Math.Floor(y * 9), shifted = x * 4.5 + 0.5 * (row % 2);
        bool mortar = Math.Abs(Frac(y * 9 + 0.5)) > 0.42 || Math.Abs(Frac(shifted + 0.5)) > 0.46;
        return mortar ? 1 : 0.35 * Lattice((int)Math.Floor(shifted), (int)row, salt);
    }

    private static double Square(double x) => Math.Abs(Frac(x)) < 0.25 ? 1 : 0;

    /// <summary>Offset from the nearest integer, −0.5 … 0.5.</summary>
    private static double Frac(double x) => x - Math.Round(x);

    private static double ValueNoise(double x, double y, uint salt)
    {
        double fx = Math.Floor(x), fy = Math.Floor(y);
        int ix = (int)fx, iy = (int)fy;
        double tx = Smooth(x - fx), ty = Smooth(y - fy);
        double top = Lattice(ix, iy, salt) * (1 - tx) + Lattice(ix + 1, iy, salt) * tx;
        double bottom = Lattice(ix, iy + 1, salt) * (1 - tx) + Lattice(ix + 1, iy + 1, salt) * tx;
        return top * (1 - ty) + bottom * ty;
    }

    private static double Smooth(double t) => t * t * (3 - 2 * t);

    private static double Lattice(int x, int y, uint salt)
    {
        uint h = (uint)x * 0x9E3779B1u ^ (uint)y * 0x85EBCA77u ^ salt * 0xC2B2AE3Du;
        h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
        h = (h ^ (h >> 12)) * 0x297A2D39u;
        return (h ^ (h >> 15)) / 4294967295.0;
    }
}
