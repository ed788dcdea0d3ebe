namespace PlayFair.Moves;

/// <summary>Draws one scene of a class at random: who appears, where, how fast, from when to when.</summary>
internal sealed class Choreography
{
    private readonly Random random;
    private readonly Split split;
    private readonly double start;
    private readonly double end;
    private readonly double ease;

    public Choreography(Split split, Random random)
    {
        this.random = random;
        this.split = split;
        FrameCount = random.Next(24, 45);
        // Start and end of the action have laws that mirror each other, so that reversing a video keeps its law.
        start = Range(0, 0.25);
        end = 1 - Range(0, 0.25);
        ease = Range(0.8, 1.7);
        Background = RandomTexture(
            split == Split.Train ? Patterns.TrainBackgrounds : Patterns.HeldOutBackgrounds, contrast: Range(30, 90), [],
            saturation: Range(0.05, 0.5), value: Range(0.25, 0.9));
    }

    public Texture Background { get; }

    public int FrameCount { get; }

    public IReadOnlyList<Sprite> Stage(MoveClass move) => move switch
    {
        MoveClass.MovingRight => Move(horizontal: true),
        MoveClass.MovingDown => Move(horizontal: false),
        MoveClass.MovingTowards => MoveTowards(),
        MoveClass.Approaching => Approach(),
        MoveClass.Entering => Enter(),
        MoveClass.RotatingClockwise => Rotate(),
        MoveClass.Covering => CoverUp(),
        MoveClass.Opening => Open(),
        MoveClass.Passing => Pass(),
        MoveClass.Colliding => Collide(),
        MoveClass.LiftingAndDropping => Lift(drop: true),
        MoveClass.LiftingAndHolding => Lift(drop: false),
        MoveClass.PushingOffEdge => Push(off: true),
        MoveClass.PushingAlmostOffEdge => Push(off: false),
        MoveClass.PickingUp => PickUp(pretend: false),
        MoveClass.PretendingToPickUp => PickUp(pretend: true),
        _ => throw new ArgumentOutOfRangeException(nameof(move), move, "Staged as the reverse of its partner."),
    };

    /// <summary>Progress 0 … 1 of the action at a video time, eased symmetrically in time.</summary>
    private double Progress(double time)
    {
        double p = Math.Clamp((time - start) / (end - start), 0, 1);
        double a = Math.Pow(p, ease), b = Math.Pow(1 - p, ease);
        return a / (a + b);
    }

    private double Part(double time, double from, double to) => Math.Clamp((Progress(time) - from) / (to - from), 0, 1);

    private IReadOnlyList<Sprite> Move(bool horizontal)
    {
        double size = Range(0.1, 0.17), angle = Range(0, Math.Tau), drift = Range(-0.05, 0.05);
        double length = horizontal ? Scene.Aspect : 1;
        double margin = size * 1.1;
        double travel = Range(0.42, 0.75) * (length - 2 * margin) + 0.12;
        double from = Range(margin, length - margin - Math.Min(travel, length - 2 * margin));
        double to = Math.Min(from + travel, length - margin);
        double across = Range(0.25, 0.75) * (horizontal ? 1 : Scene.Aspect);
        Pose At(double t)
        {
            double p = Progress(t), along = Lerp(from, to, p), side = across + drift * (p - 0.5);
            return horizontal ? new Pose(along, side, size, angle) : new Pose(side, along, size, angle);
        }

        var thing = Thing(At);
        return random.NextDouble() < 0.3 ? [thing, Holding(At, Range(0, Math.Tau))] : [thing];
    }

    private IReadOnlyList<Sprite> MoveTowards()
    {
        double far = Range(0.055, 0.09), near = far * Range(2.3, 3.4), angle = Range(0, Math.Tau);
        double x0 = Range(0.4, 0.93), y0 = Range(0.35, 0.65), dx = Range(-0.08, 0.08), dy = Range(-0.06, 0.06);
        return
        [
            Thing(t =>
            {
                double p = Progress(t);
                return new Pose(x0 + dx * p, y0 + dy * p, far * Math.Pow(near / far, p), angle);
            }),
        ];
    }

    private IReadOnlyList<Sprite> Approach()
    {
        double size = Range(0.08, 0.13), other = size * Range(0.8, 1.2), tilt = Range(-0.35, 0.35);
        double centre = Scene.Aspect / 2 + Range(-0.12, 0.12), y = Range(0.4, 0.6), share = Range(0.25, 0.75);
        double wide = Range(0.68, 0.85), close = (size + other) * Range(1.0, 1.15);
        double angle = Range(0, Math.Tau), otherAngle = Range(0, Math.Tau);
        double Gap(double t) => Lerp(wide, close, Progress(t));
        Pose Left(double t) => new(
            centre - (wide - close) * (share - 0.5) - close / 2 - (Gap(t) - close) * share, y - Math.Sin(tilt) * Gap(t) / 2,
            size, angle);
        Pose Right(double t) => new(
            Left(t).X + Gap(t) * Math.Cos(tilt), y + Math.Sin(tilt) * Gap(t) / 2, other, otherAngle);
        return [Thing(t => Left(t)), Thing(t => Right(t))];
    }

    private IReadOnlyList<Sprite> Enter()
    {
        double size = Range(0.1, 0.17), angle = Range(0, Math.Tau);
        double x1 = Range(0.3, Scene.Aspect - 0.3), y1 = Range(0.3, 0.7), x0 = x1 + Range(-0.1, 0.1), y0 = y1 + Range(-0.1, 0.1);
        double outside = size * 1.35;
        switch (random.Next(4))
        {
            case 0: x0 = -outside; break;
            case 1: x0 = Scene.Aspect + outside; break;
            case 2: y0 = -outside; break;
            default: y0 = 1 + outside; break;
        }

        return [Thing(t => new Pose(Lerp(x0, x1, Progress(t)), Lerp(y0, y1, Progress(t)), size, angle))];
    }

    private IReadOnlyList<Sprite> Rotate()
    {
        double size = Range(0.16, 0.26), from = Range(0, Math.Tau), turn = Range(2.0, 3.4);
        double x = Range(0.45, 0.88), y = Range(0.4, 0.6);
        return [Thing(t => new Pose(x, y, size, from + turn * Progress(t)), elongated: true)];
    }

    private IReadOnlyList<Sprite> CoverUp()
    {
        double size = Range(0.09, 0.13), cover = size * Range(1.35, 1.6), direction = Range(0, Math.Tau);
        double x = Range(0.5, 0.83), y = Range(0.42, 0.58), distance = size + cover + Range(0.06, 0.14);
        double thingAngle = Range(0, Math.Tau), coverAngle = Range(-0.3, 0.3);
        var thing = Thing(_ => new Pose(x, y, size, thingAngle));
        Pose Cover(double t)
        {
            double away = distance * (1 - Progress(t));
            return new Pose(x + Math.Cos(direction) * away, y + Math.Sin(direction) * away, cover, coverAngle);
        }

        double roundness = Range(0.05, 0.35);
        var shape = new Shape("cloth", (u, v) => Shapes.Box(u, v, 1 - roundness, 1 - roundness) - roundness, 1.45);
        var cloth = new Sprite(Role.Cover, shape, ObjectTexture(thing.Texture.Mean), Range(0.8, 1.6), t => Cover(t));
        return random.NextDouble() < 0.6 ? [thing, cloth, Holding(Cover, direction, reach: 0.8)] : [thing, cloth];
    }

    private IReadOnlyList<Sprite> Open()
    {
        double halfWidth = Range(0.17, 0.26), halfHeight = halfWidth * Range(0.4, 0.7), thickness = Range(0.016, 0.03);
        double x = Range(0.5, 0.83), y = Range(0.55, 0.68), opened = Range(1.3, 2.2), side = random.Next(2) == 0 ? 1 : -1;
        double corner = Range(0, 0.3), ajar = Range(0, 0.06);
        double ratio = halfHeight / halfWidth, lidRatio = thickness / halfWidth;
        var body = new Sprite(Role.Body,
            new Shape("box", (u, v) => Shapes.Box(u, v, 1 - corner * ratio, ratio * (1 - corner)) - corner * ratio, 1.3),
            ObjectTexture(), Range(0.8, 1.8), _ => new Pose(x, y, halfWidth, 0));

        Pose Lid(double t)
        {
            // The lid turns about its hinge, the box's upper corner on one side.
            double angle = -side * Lerp(ajar, opened, Progress(t));
            double hingeX = x - side * halfWidth, hingeY = y - halfHeight - thickness;
            return new Pose(
                hingeX + side * Math.Cos(angle) * halfWidth, hingeY + side * Math.Sin(angle) * halfWidth, halfWidth, angle);
        }

        var lid = new Sprite(Role.Lid, new Shape("lid", (u, v) => Shapes.Box(u, v, 1, lidRatio), 1.1),
            ObjectTexture(body.Texture.Mean), Range(0.8, 1.8), t => Lid(t));
        if (random.NextDouble() < 0.4)
            return [body, lid];

        Pose Rim(double t)
        {
            var pose = Lid(t);
            return pose with { X = pose.X + side * Math.Cos(pose.Angle) * halfWidth, Y = pose.Y + side * Math.Sin(pose.Angle) * halfWidth };
        }

        return [body, lid, Holding(Rim, side > 0 ? Range(-0.9, 0) : Math.PI + Range(0, 0.9))];
    }

    private IReadOnlyList<Sprite> Pass()
    {
        double size = Range(0.08, 0.13), other = size * Range(0.8, 1.2), y = Range(0.42, 0.58);
        double offset = (size + other) * Range(0.5, 0.65), above = random.Next(2) == 0 ? 1 : -1;
        double left = Range(0.12, 0.25), right = Scene.Aspect - Range(0.12, 0.25);
        double angle = Range(0, Math.Tau), otherAngle = Range(0, Math.Tau);
        return
        [
            Thing(t => new Pose(Lerp(left, right, Progress(t)), y - above * offset, size, angle)),
            Thing(t => new Pose(Lerp(right, left, Progress(t)), y + above * offset, other, otherAngle)),
        ];
    }

    private IReadOnlyList<Sprite> Collide()
    {
        double size = Range(0.08, 0.13), other = size * Range(0.8, 1.2), y = Range(0.35, 0.65);
        double centre = Scene.Aspect / 2 + Range(-0.08, 0.08), touching = size + other, wide = Range(0.75, 0.95);
        double rebound = Range(0.6, 1), angle = Range(0, Math.Tau), otherAngle = Range(0, Math.Tau);
        double Gap(double t)
        {
            double p = Progress(t);
            return p < 0.5 ? Lerp(wide, touching, p * 2) : Lerp(touching, touching + (wide - touching) * rebound, p * 2 - 1);
        }

        return
        [
            Thing(t => new Pose(centre - Gap(t) / 2, y, size, angle)),
            Thing(t => new Pose(centre + Gap(t) / 2, y, other, otherAngle)),
        ];
    }

    private IReadOnlyList<Sprite> Lift(bool drop)
    {
        double size = Range(0.09, 0.14), ground = Range(0.74, 0.84), x = Range(0.4, 0.93), height = Range(0.3, 0.42);
        double angle = Range(0, Math.Tau), rest = ground - size, arm = -Math.PI / 2 + Range(-0.9, 0.9);
        double Raised(double t) => height * Smooth(Part(t, 0, 0.5));
        Pose Carried(double t) => new(x, rest - Raised(t), size, angle);
        Pose Object(double t)
        {
            double fall = drop ? Part(t, 0.55, 0.75) : 0;
            return Carried(t) with { Y = rest - Raised(t) * (1 - fall * fall) };
        }

        return [Table(0, Scene.Aspect, ground), Thing(t => Object(t)), Holding(Carried, arm)];
    }

    private IReadOnlyList<Sprite> Push(bool off)
    {
        double size = Range(0.08, 0.12), surface = Range(0.5, 0.62), edge = Range(0.7, 0.85), angle = Range(0, Math.Tau);
        bool mirrored = random.Next(2) == 0;
        double from = Range(0.2, 0.32), brink = edge - size * Range(0, 0.35), y = surface - size * 0.95;
        double beyond = edge + size * Range(0.5, 0.9), fallTo = 1 + size * 1.3;
        double Mirror(double x) => mirrored ? Scene.Aspect - x : x;
        Pose Pushed(double t) => new(Mirror(Lerp(from, off ? beyond : brink, Smooth(Part(t, 0, 0.6)))), y, size, angle);
        Pose Object(double t)
        {
            var pose = Pushed(t);
            double fall = off ? Part(t, 0.5, 0.95) : 0;
            return pose with { Y = Lerp(y, fallTo, fall * fall), Angle = angle + (mirrored ? -1 : 1) * fall * 1.5 };
        }

        Pose Finger(double t)
        {
            var pose = Pushed(t);
            double back = off ? 0 : 0.12 * Part(t, 0.75, 1);
            return pose with { X = pose.X + (mirrored ? 1 : -1) * (size + back) };
        }

        var table = mirrored ? Table(Mirror(edge), Scene.Aspect + 0.2, surface) : Table(-0.2, edge, surface);
        return [table, Thing(t => Object(t)), Holding(Finger, mirrored ? Range(-0.5, 0.1) : Math.PI + Range(-0.1, 0.5))];
    }

    private IReadOnlyList<Sprite> PickUp(bool pretend)
    {
        double size = Range(0.08, 0.12), ground = Range(0.74, 0.84), x = Range(0.4, 0.93), angle = Range(0, Math.Tau);
        double arm = -Math.PI / 2 + Range(-0.6, 0.6), rest = ground - size, far = rest + 0.3;
        double Height(double t)
        {
            double down = Smooth(Part(t, 0, 0.4)), up = Smooth(Part(t, 0.55, 1));
            return far * (1 - down + up);
        }

        Pose Hand(double t) => new(x, rest - Height(t), size, angle);
        Pose Object(double t) => new(x, pretend || Progress(t) < 0.5 ? rest : rest - Height(t), size, angle);
        return [Table(0, Scene.Aspect, ground), Thing(t => Object(t)), Holding(Hand, arm)];
    }

    private Sprite Thing(Func<double, Pose> at, bool elongated = false)
    {
        var shapes = (split == Split.Train ? Shapes.Train : Shapes.HeldOut).Where(s => !elongated || s.Elongated).ToArray();
        return new Sprite(Role.Thing, shapes[random.Next(shapes.Length)], ObjectTexture(), Range(0.6, 1.8), t => at(t));
    }

    /// <summary>A hand at the near rim of a thing, its arm reaching in from the given direction.</summary>
    private Sprite Holding(Func<double, Pose> thing, double direction, double reach = 0.45)
    {
        double size = Range(0.07, 0.095);
        double value = Range(0.35, 0.95), hue = Range(0.02, 0.09);
        var skin = Colour.FromHsv(hue, Range(0.3, 0.6), value);
        var texture = new Texture("skin", (u, v) => 0.5 + 0.5 * Math.Sin(3 * u + v), skin, skin.Scaled(0.9));
        return new Sprite(Role.Hand, Hand.Grasping, texture, 1, t =>
        {
            var pose = thing(t);
            return new Pose(
                pose.X + Math.Cos(direction) * pose.Size * reach, pose.Y + Math.Sin(direction) * pose.Size * reach, size,
                direction);
        });
    }

    private Sprite Table(double left, double right, double surface)
    {
        double centreX = (left + right) / 2, halfWidth = (right - left) / 2, halfHeight = 0.5;
        var shape = new Shape("table", (u, v) => Shapes.Box(u, v, halfWidth, halfHeight), halfWidth + halfHeight);
        var texture = RandomTexture(
            split == Split.Train ? Patterns.TrainBackgrounds : Patterns.HeldOutBackgrounds, contrast: Range(15, 50),
            [Background.Mean], Range(0.1, 0.6), Range(0.2, 0.9));
        return new Sprite(Role.Table, shape, texture, 1, _ => new Pose(centreX, surface + halfHeight, 1, 0));
    }

    private Texture ObjectTexture(params Colour[] unlike) => RandomTexture(
        split == Split.Train ? Patterns.TrainObjects : Patterns.HeldOutObjects, contrast: Range(40, 140),
        [Background.Mean, .. unlike], Range(0.2, 1), Range(0.2, 1));

    /// <summary>A random two-colour texture whose mean colour stands out from the given ones.</summary>
    private Texture RandomTexture(
        IReadOnlyList<(string Name, Patterns.Pattern At)> pool, double contrast, Colour[] unlike, double saturation, double value)
    {
        var (name, pattern) = pool[random.Next(pool.Count)];
        var salt = (uint)random.Next();
        double tilt = Range(0, Math.Tau), cos = Math.Cos(tilt), sin = Math.Sin(tilt);
        for (int attempt = 0; ; attempt++)
        {
            var first = Colour.FromHsv(random.NextDouble(), saturation, attempt < 20 ? value : random.NextDouble());
            var second = new Colour(Shift(first.Red, contrast), Shift(first.Green, contrast), Shift(first.Blue, contrast));
            var texture = new Texture(name, (x, y) => pattern(cos * x + sin * y, cos * y - sin * x, salt), first, second);
            if (attempt > 200 || unlike.All(c => c.DistanceTo(texture.Mean) > 75))
                return texture;
        }
    }

    private float Shift(float channel, double contrast) => (float)Math.Clamp(channel + Range(-contrast, contrast), 0, 255);

    private double Range(double low, double high) => low + random.NextDouble() * (high - low);

    private static double Lerp(double a, double b, double t) => a + (b - a) * t;

    private static double Smooth(double t) => t * t * (3 - 2 * t);
}
