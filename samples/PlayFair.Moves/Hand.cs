namespace PlayFair.Moves;

/// <summary>A hand-like occluder: fingers about the origin, palm and forearm along +x, well out of any frame.</summary>
internal static class Hand
{
    public static Shape Grasping { get; } = new("hand", Distance, 16);

    private static double Distance(double x, double y)
    {
        // Nearly all of a frame is far from the hand: a cheap bound first.
        double arm = Math.Abs(y) - 0.44;
        if (x > 2.4)
            return arm;
        double d = Math.Max(Shapes.Segment(x, y, 0.95, 0, 1.5, 0) - 0.58, -10);
        d = Math.Min(d, Shapes.Segment(x, y, 1.5, 0, 3, 0) - 0.44);
        d = Math.Min(d, Shapes.Segment(x, y, 0.9, 0.5, -0.15, 0.72) - 0.17);
        d = Math.Min(d, Shapes.Segment(x, y, 0.8, 0.2, -0.35, 0.3) - 0.17);
        d = Math.Min(d, Shapes.Segment(x, y, 0.8, -0.15, -0.3, -0.12) - 0.17);
        return Math.Min(d, Shapes.Segment(x, y, 0.95, -0.45, 0.1, -0.72) - 0.19);
    }
}
