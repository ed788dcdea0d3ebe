using System.Globalization;

namespace PlayFair.Moves;

/// <summary>
/// What one frame of a scene shows, as numbers: the per-frame targets that the backbone learns beside the class.
/// Positions run −1 … 1 across the frame; a first value of 1 says that the rest holds, 0 that it is not to be seen.
/// </summary>
public static class Annotation
{
    public static IReadOnlyList<string> Columns { get; } =
    [
        "thing", "thing_x", "thing_y", "thing_size", "long", "long_cos2", "long_sin2",
        "other", "other_x", "other_y", "other_size",
        "hand", "hand_x", "hand_y",
        "lid", "lid_cos", "lid_sin",
        "table", "table_left", "table_right", "table_y",
    ];

    /// <summary>Values in the order of <see cref="Columns"/>.</summary>
    public static double[] Of(Scene scene, int frame)
    {
        ArgumentNullException.ThrowIfNull(scene);
        double time = scene.TimeOf(frame);
        var seen = scene.Sprites
            .Select(sprite => (sprite.Role, sprite.Shape, Pose: sprite.At(time)))
            .Where(s => s.Pose is not null)
            .Select(s => (s.Role, s.Shape, Pose: s.Pose!.Value))
            .ToList();
        var cover = seen.FirstOrDefault(s => s.Role == Role.Cover);
        var things = seen.Where(s => s.Role == Role.Thing && InFrame(s.Pose) && !Hidden(s.Pose, cover.Pose, cover.Shape is not null))
            .OrderBy(s => s.Pose.X).ToList();

        var values = new double[Columns.Count];
        if (things.Count > 0)
        {
            var (_, shape, pose) = things[0];
            Put(values, 0, 1, X(pose), Y(pose), pose.Size * 4);
            if (shape.Elongated)
                Put(values, 4, 1, Math.Cos(2 * pose.Angle), Math.Sin(2 * pose.Angle));
        }

        if (things.Count > 1)
            Put(values, 7, 1, X(things[1].Pose), Y(things[1].Pose), things[1].Pose.Size * 4);
        else if (cover.Shape is not null)
            Put(values, 7, 1, X(cover.Pose), Y(cover.Pose), cover.Pose.Size * 4);
        foreach (var (role, shape, pose) in seen)
        {
            if (role == Role.Hand && InFrame(pose))
                Put(values, 11, 1, X(pose), Y(pose));
            else if (role == Role.Lid)
                Put(values, 14, 1, Math.Cos(pose.Angle), Math.Sin(pose.Angle));
            else if (role == Role.Table)
            {
                double halfWidth = shape.Radius - 0.5;
                Put(values, 17, 1, X(pose with { X = pose.X - halfWidth }), X(pose with { X = pose.X + halfWidth }),
                    Y(pose with { Y = pose.Y - 0.5 }));
            }
        }

        return values;
    }

    /// <summary>One line of a CSV file.</summary>
    public static string ToCsv(IEnumerable<double> values) =>
        string.Join(',', values.Select(v => v.ToString("0.####", CultureInfo.InvariantCulture)));

    private static bool InFrame(Pose pose) => pose.X is > 0 and < Scene.Aspect && pose.Y is > 0 and < 1;

    private static bool Hidden(Pose thing, Pose cover, bool hasCover) =>
        hasCover && Shapes.Length(thing.X - cover.X, thing.Y - cover.Y) < cover.Size * 0.6;

    private static double X(Pose pose) => Math.Clamp(pose.X / Scene.Aspect * 2 - 1, -1.3, 1.3);

    private static double Y(Pose pose) => Math.Clamp(pose.Y * 2 - 1, -1.3, 1.3);

    private static void Put(double[] values, int at, params ReadOnlySpan<double> items) => items.CopyTo(values.AsSpan(at));
}
