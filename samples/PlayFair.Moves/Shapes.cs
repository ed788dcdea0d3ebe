namespace PlayFair.Moves;

/// <summary>A silhouette as a signed distance function in its own unit frame (y down, extent about 1).</summary>
/// <param name="Distance">Signed distance to the outline at (x, y): negative inside.</param>
/// <param name="Radius">Every point inside lies within this distance of the origin.</param>
/// <param name="Elongated">Whether the long axis (along x) can be seen: what the rotating classes need.</param>
public sealed record Shape(string Name, Func<double, double, double> Distance, double Radius, bool Elongated = false);

/// <summary>The silhouettes of the objects. Held-out ones never appear in a training video.</summary>
public static class Shapes
{
    public static IReadOnlyList<Shape> Train { get; } =
    [
        new("disc", (x, y) => Length(x, y) - 0.95, 1),
        new("square", (x, y) => Box(x, y, 0.85, 0.85), 1.25),
        new("rounded square", (x, y) => Box(x, y, 0.6, 0.6) - 0.3, 1.2),
        new("hexagon", (x, y) => Polygon(x, y, 6, 0.9), 1.1),
        new("triangle", (x, y) => Polygon(x, y, 3, 0.55), 1.15),
        new("star", (x, y) => Star(x, y, 5), 1.15),
        new("cross", (x, y) => Math.Min(Box(x, y, 1, 0.36), Box(x, y, 0.36, 1)), 1.1),
        new("ring", (x, y) => Math.Abs(Length(x, y) - 0.7) - 0.26, 1),
        new("bar", (x, y) => Box(x, y, 1.15, 0.42), 1.25, Elongated: true),
        new("capsule", (x, y) => Segment(x, y, -0.75, 0, 0.75, 0) - 0.42, 1.2, Elongated: true),
        new("ellipse", (x, y) => (Length(x / 1.15, y / 0.55) - 1) * 0.55, 1.2, Elongated: true),
        new("bottle", (x, y) => Math.Min(Box(x + 0.25, y, 0.75, 0.38) - 0.08, Box(x - 0.8, y, 0.35, 0.16)), 1.25,
            Elongated: true),
        new("arrow", (x, y) => Math.Min(Box(x + 0.3, y, 0.8, 0.2), Polygon(x - 0.65, y, 3, 0.3)), 1.3, Elongated: true),
        new("long triangle", (x, y) => Math.Max(Math.Abs(y) - 0.55 * (1.1 - x) / 2.2, Math.Abs(x) - 1.1), 1.35,
            Elongated: true),
    ];

    public static IReadOnlyList<Shape> HeldOut { get; } =
    [
        new("pentagon", (x, y) => Polygon(x, y, 5, 0.85), 1.1),
        new("heart", Heart, 1.2),
        new("half disc", (x, y) => Math.Max(Length(x, y + 0.35) - 1, -y - 0.35), 1.2),
        new("gear", (x, y) => Length(x, y) - 0.85 - 0.1 * Math.Sign(Math.Sin(8 * Math.Atan2(y, x))), 1.05),
        new("clover", (x, y) => Math.Min(Math.Min(Length(x - 0.45, y) - 0.45, Length(x + 0.45, y) - 0.45),
            Math.Min(Length(x, y - 0.45) - 0.45, Length(x, y + 0.45) - 0.45)), 1),
        new("rhombus", (x, y) => (Math.Abs(x) / 1.2 + Math.Abs(y) / 0.58 - 1) * 0.5, 1.25, Elongated: true),
        new("bone", (x, y) => Math.Min(Box(x, y, 0.8, 0.22),
            Math.Min(Length(Math.Abs(x) - 0.85, y - 0.2), Length(Math.Abs(x) - 0.85, y + 0.2)) - 0.3), 1.25,
            Elongated: true),
        new("hammer", (x, y) => Math.Min(Box(x + 0.15, y, 0.95, 0.17), Box(x - 0.85, y, 0.27, 0.55)), 1.3,
            Elongated: true),
        new("lens", (x, y) => Math.Max(Length(x, y - 0.95), Length(x, y + 0.95)) - 1.45, 1.2, Elongated: true),
    ];

    internal static double Length(double x, double y) => Math.Sqrt(x * x + y * y);

    internal static double Box(double x, double y, double halfWidth, double halfHeight)
    {
        double dx = Math.Abs(x) - halfWidth, dy = Math.Abs(y) - halfHeight;
        return Length(Math.Max(dx, 0), Math.Max(dy, 0)) + Math.Min(Math.Max(dx, dy), 0);
    }

    internal static double Segment(double x, double y, double ax, double ay, double bx, double by)
    {
        double px = x - ax, py = y - ay, dx = bx - ax, dy = by - ay;
        double t = Math.Clamp((px * dx + py * dy) / (dx * dx + dy * dy), 0, 1);
        return Length(px - t * dx, py - t * dy);
    }

    private static double Polygon(double x, double y, int sides, double inradius)
    {
        double sector = 2 * Math.PI / sides;
        double angle = Math.Atan2(y, x);
        angle -= sector * Math.Round(angle / sector);
        return Length(x, y) * Math.Cos(angle) - inradius;
    }

    private static double Star(double x, double y, int points)
    {
        double sector = 2 * Math.PI / points;
        double angle = Math.Atan2(y, x);
        double folded = Math.Abs(angle - sector * Math.Round(angle / sector)) / (sector / 2);
        return (Length(x, y) - (1.1 - 0.6 * folded)) * 0.75;
    }

    private static double Heart(double x, double y)
    {
        double lobes = Length(Math.Abs(x) - 0.45, y + 0.35) - 0.5;
        double tip = Math.Max((Math.Abs(x) * 0.78 + y * 0.63) - 0.62, -y - 0.35);
        return Math.Min(lobes, tip);
    }
}
