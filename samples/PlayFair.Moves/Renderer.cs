namespace PlayFair.Moves;

/// <summary>
/// Draws a scene's frames: background, shadows and sprites with shading and motion blur, hand-held jitter, exposure
/// and sensor noise. Deterministic: the scene's seed fixes every byte.
/// </summary>
/// <remarks>One renderer holds the buffers of one scene and is not safe for concurrent use.</remarks>
public sealed class Renderer
{
    private const int Margin = 8;
    private const int NoiseLength = 1 << 16;
    private const double ShutterFrames = 0.5;
    private const double ShadowSoftness = 0.02;

    private readonly Scene scene;
    private readonly int width;
    private readonly int height;
    private readonly float[] background;
    private readonly float[] canvas;
    private readonly float[] noise = new float[NoiseLength];
    private readonly Random noiseStart;
    private readonly double lightX;
    private readonly double lightY;
    private readonly double gain;
    private readonly double shadowStrength;
    private readonly (double Amplitude, double Frequency, double Phase)[] shake = new (double, double, double)[4];

    /// <param name="scene">The scene to draw.</param>
    /// <param name="height">Frame height in pixels; the width is <see cref="Scene.Aspect"/> times it.</param>
    public Renderer(Scene scene, int height = 240)
    {
        ArgumentNullException.ThrowIfNull(scene);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 24);
        this.scene = scene;
        this.height = height;
        width = (int)Math.Round(height * Scene.Aspect);
        canvas = new float[width * height * 3];
        background = new float[(width + 2 * Margin) * (height + 2 * Margin) * 3];

        var random = Scene.RandomFor(scene.Seed, 1);
        double light = random.NextDouble() * Math.Tau;
        lightX = Math.Cos(light);
        lightY = Math.Sin(light);
        gain = 0.85 + 0.25 * random.NextDouble();
        shadowStrength = 0.15 + 0.35 * random.NextDouble();
        double sigma = 1 + 5 * random.NextDouble(), amplitude = height / 240.0 * 1.6 * random.NextDouble();
        for (int i = 0; i < shake.Length; i++)
            shake[i] = (amplitude * (0.4 + 0.6 * random.NextDouble()), 2 + 14 * random.NextDouble(), random.NextDouble() * Math.Tau);
        for (int i = 0; i < NoiseLength; i++)
        {
            double u = 1 - random.NextDouble(), v = random.NextDouble();
            noise[i] = (float)(sigma * Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(Math.Tau * v));
        }

        noiseStart = Scene.RandomFor(scene.Seed, 2);
        PaintBackground();
    }

    public int Width => width;

    public int Height => height;

    /// <summary>Draws one frame. Frames are drawn in order: the sensor noise goes on from frame to frame.</summary>
    /// <param name="frame">0 … <see cref="Scene.FrameCount"/> − 1.</param>
    /// <param name="pixels">Receives RGB, 8 bits a channel, [height × width × 3] row-major.</param>
    public void Draw(int frame, Span<byte> pixels)
    {
        if (pixels.Length != canvas.Length)
            throw new ArgumentException($"The frame buffer has {pixels.Length} bytes; {width}×{height} RGB needs {canvas.Length}.");
        double time = scene.TimeOf(frame);
        double jitterX = shake[0].Amplitude * Math.Sin(shake[0].Frequency * time + shake[0].Phase)
            + shake[1].Amplitude * Math.Sin(shake[1].Frequency * time + shake[1].Phase);
        double jitterY = shake[2].Amplitude * Math.Sin(shake[2].Frequency * time + shake[2].Phase)
            + shake[3].Amplitude * Math.Sin(shake[3].Frequency * time + shake[3].Phase);

        CopyBackground(jitterX, jitterY);
        foreach (var sprite in scene.Sprites)
        {
            if (sprite.Role is not (Role.Table or Role.Lid) && sprite.At(time) is { } pose)
                DrawShadow(sprite, pose, jitterX, jitterY);
        }

        foreach (var sprite in scene.Sprites)
            DrawSprite(sprite, time, jitterX, jitterY);
        Expose(pixels);
    }

    /// <summary>Passes over one frame: what follows is as if it had been drawn.</summary>
    public void Skip() => _ = noiseStart.Next(NoiseLength);

    private void PaintBackground()
    {
        int stride = width + 2 * Margin;
        for (int y = 0; y < height + 2 * Margin; y++)
        {
            for (int x = 0; x < stride; x++)
            {
                var colour = scene.Background.At((x - Margin) / (double)height, (y - Margin) / (double)height);
                int at = (y * stride + x) * 3;
                (background[at], background[at + 1], background[at + 2]) = (colour.Red, colour.Green, colour.Blue);
            }
        }
    }

    private void CopyBackground(double jitterX, double jitterY)
    {
        double sx = Math.Clamp(Margin - jitterX, 0, 2 * Margin - 1), sy = Math.Clamp(Margin - jitterY, 0, 2 * Margin - 1);
        int x0 = (int)sx, y0 = (int)sy, stride = (width + 2 * Margin) * 3, row = width * 3;
        float fx = (float)(sx - x0), fy = (float)(sy - y0);
        float w00 = (1 - fx) * (1 - fy), w01 = fx * (1 - fy), w10 = (1 - fx) * fy, w11 = fx * fy;
        for (int y = 0; y < height; y++)
        {
            var upper = background.AsSpan((y + y0) * stride + x0 * 3, row + 3);
            var lower = background.AsSpan((y + y0 + 1) * stride + x0 * 3, row + 3);
            var target = canvas.AsSpan(y * row, row);
            for (int i = 0; i < row; i++)
                target[i] = w00 * upper[i] + w01 * upper[i + 3] + w10 * lower[i] + w11 * lower[i + 3];
        }
    }

    private void DrawShadow(Sprite sprite, Pose pose, double jitterX, double jitterY)
    {
        double x = pose.X * height + jitterX - lightX * 0.02 * height, y = pose.Y * height + jitterY + 0.022 * height;
        double size = pose.Size * height, soft = ShadowSoftness * height;
        var (left, top, right, bottom) = Bounds(x, y, size * sprite.Shape.Radius + soft);
        double cos = Math.Cos(pose.Angle) / size, sin = Math.Sin(pose.Angle) / size;
        for (int py = top; py < bottom; py++)
        {
            for (int px = left; px < right; px++)
            {
                double dx = px - x, dy = py - y;
                double d = sprite.Shape.Distance(cos * dx + sin * dy, cos * dy - sin * dx) * size;
                if (d >= soft)
                    continue;
                float keep = (float)(1 - shadowStrength * Math.Min(1, (soft - d) / (2 * soft)));
                int at = (py * width + px) * 3;
                canvas[at] *= keep;
                canvas[at + 1] *= keep;
                canvas[at + 2] *= keep;
            }
        }
    }

    private void DrawSprite(Sprite sprite, double time, double jitterX, double jitterY)
    {
        // Motion blur: the sprite is averaged over the poses it takes while the shutter is open, symmetric about the
        // frame's time so that a blurred frame does not betray the direction of play.
        double shutter = ShutterFrames / (scene.FrameCount - 1);
        Span<Pose> poses = stackalloc Pose[3];
        int poseCount = 0;
        for (int k = -1; k <= 1; k++)
        {
            if (sprite.At(Math.Clamp(time + k * shutter / 2, 0, 1)) is { } pose)
                poses[poseCount++] = pose;
        }

        if (poseCount == 0)
            return;
        double moved = (Math.Abs(poses[0].X - poses[poseCount - 1].X) + Math.Abs(poses[0].Y - poses[poseCount - 1].Y)
            + Math.Abs(poses[0].Angle - poses[poseCount - 1].Angle) * poses[0].Size) * height;
        if (moved < 0.5 && poseCount > 1)
        {
            poses[0] = poses[poseCount / 2];
            poseCount = 1;
        }

        int left = width, top = height, right = 0, bottom = 0;
        Span<double> frame = stackalloc double[3 * 5];
        for (int k = 0; k < poseCount; k++)
        {
            double x = poses[k].X * height + jitterX, y = poses[k].Y * height + jitterY, size = poses[k].Size * height;
            var bounds = Bounds(x, y, size * sprite.Shape.Radius + 1);
            (left, top) = (Math.Min(left, bounds.Left), Math.Min(top, bounds.Top));
            (right, bottom) = (Math.Max(right, bounds.Right), Math.Max(bottom, bounds.Bottom));
            (frame[5 * k], frame[5 * k + 1], frame[5 * k + 2]) = (x, y, size);
            (frame[5 * k + 3], frame[5 * k + 4]) = (Math.Cos(poses[k].Angle) / size, Math.Sin(poses[k].Angle) / size);
        }

        float share = 1f / poseCount;
        bool flat = sprite.Role == Role.Table;
        for (int py = top; py < bottom; py++)
        {
            for (int px = left; px < right; px++)
            {
                float alpha = 0, red = 0, green = 0, blue = 0;
                for (int k = 0; k < poseCount; k++)
                {
                    double size = frame[5 * k + 2], cos = frame[5 * k + 3], sin = frame[5 * k + 4];
                    double dx = px - frame[5 * k], dy = py - frame[5 * k + 1];
                    double u = cos * dx + sin * dy, v = cos * dy - sin * dx;
                    double d = sprite.Shape.Distance(u, v) * size;
                    if (d >= 0.5)
                        continue;
                    double rim = Math.Clamp(1 + d / (0.3 * size), 0, 1);
                    double shade = flat
                        ? 1
                        : 1 + 0.22 * Math.Clamp(-(lightX * dx + lightY * dy) / size, -1.2, 1.2) - 0.35 * rim * rim;
                    var colour = sprite.Texture.At(u * sprite.TextureScale, v * sprite.TextureScale).Scaled(shade);
                    float coverage = (float)Math.Min(1, 0.5 - d);
                    alpha += coverage;
                    red += coverage * colour.Red;
                    green += coverage * colour.Green;
                    blue += coverage * colour.Blue;
                }

                if (alpha == 0)
                    continue;
                int at = (py * width + px) * 3;
                float keep = 1 - alpha * share;
                canvas[at] = canvas[at] * keep + red * share;
                canvas[at + 1] = canvas[at + 1] * keep + green * share;
                canvas[at + 2] = canvas[at + 2] * keep + blue * share;
            }
        }
    }

    private void Expose(Span<byte> pixels)
    {
        int offset = noiseStart.Next(NoiseLength);
        float scale = (float)gain;
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)Math.Clamp(canvas[i] * scale + noise[(offset + i) & (NoiseLength - 1)] + 0.5f, 0, 255);
    }

    private (int Left, int Top, int Right, int Bottom) Bounds(double x, double y, double radius) => (
        (int)Math.Clamp(Math.Floor(x - radius), 0, width), (int)Math.Clamp(Math.Floor(y - radius), 0, height),
        (int)Math.Clamp(Math.Ceiling(x + radius) + 1, 0, width), (int)Math.Clamp(Math.Ceiling(y + radius) + 1, 0, height));
}
