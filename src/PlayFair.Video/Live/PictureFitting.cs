using PlayFair.Moves;

namespace PlayFair.Video;

/// <summary>Brings rendered pictures into a frame's format: what ffmpeg's scaling does for all other sources.</summary>
/// <remarks>Where the picture is larger than its place, each pixel is the mean of the area that it covers.</remarks>
internal sealed class PictureFitting
{
    private readonly FrameFormat _format;
    private readonly int _width;
    private readonly int _height;
    private readonly byte[] _picture;
    private readonly float[] _rows;
    private readonly Axis _across;
    private readonly Axis _down;

    /// <param name="pictureHeight">Rows of the pictures; columns are <see cref="Scene.Aspect"/> times as many.</param>
    public PictureFitting(int pictureHeight, FrameFormat format)
    {
        _format = format;
        _height = pictureHeight;
        _width = (int)Math.Round(pictureHeight * Scene.Aspect);
        _picture = new byte[_width * _height * 3];
        // The picture as scaled, before it is padded or cropped: the same sizes as FrameFormat's filters have.
        double aspect = _width / (double)_height;
        (int width, int height) = format.Fit switch
        {
            FrameFit.Letterbox => (
                Math.Max(1, (int)Math.Round(Math.Min(format.Width, format.Height * aspect))),
                Math.Max(1, (int)Math.Round(Math.Min(format.Height, format.Width / aspect)))),
            FrameFit.Crop => (
                Math.Max(format.Width, (int)Math.Round(format.Height * aspect)),
                Math.Max(format.Height, (int)Math.Round(format.Width / aspect))),
            _ => (format.Width, format.Height),
        };
        _across = new Axis(_width, width, format.Width);
        _down = new Axis(_height, height, format.Height);
        _rows = new float[_height * format.Width * 3];
    }

    /// <summary>Draws a scene's next frame.</summary>
    /// <param name="frame">Receives the pixels, shape [height × width × 3] of the format.</param>
    public void Draw(Renderer renderer, int frameIndex, Span<byte> frame)
    {
        renderer.Draw(frameIndex, _picture);
        frame.Clear();
        int rowLength = _format.Width * 3;
        for (int y = 0; y < _height; y++)
            _across.Scale(_picture.AsSpan(y * _width * 3, _width * 3), _rows.AsSpan(y * rowLength, rowLength));
        Span<float> sum = new float[rowLength];
        for (int y = _down.First; y < _down.End; y++)
        {
            (int start, float[] weights) = _down.Taps(y);
            sum.Clear();
            for (int k = 0; k < weights.Length; k++)
            {
                ReadOnlySpan<float> source = _rows.AsSpan((start + k) * rowLength, rowLength);
                for (int i = 0; i < source.Length; i++)
                    sum[i] += weights[k] * source[i];
            }

            Span<byte> row = frame.Slice(y * rowLength, rowLength);
            for (int i = _across.First * 3; i < _across.End * 3; i++)
                row[i] = (byte)(sum[i] + 0.5f);
        }

        if (_format.Order == PixelOrder.Bgr)
        {
            for (int i = 0; i < frame.Length; i += 3)
                (frame[i], frame[i + 2]) = (frame[i + 2], frame[i]);
        }
    }

    /// <summary>Scaling along one axis, then padding or cropping to the frame's length, centred.</summary>
    private sealed class Axis
    {
        private readonly (int Start, float[] Weights)[] _taps;

        public Axis(int from, int scaled, int length)
        {
            int offset = (length - scaled) / 2;
            First = Math.Max(0, offset);
            End = Math.Min(length, offset + scaled);
            double ratio = from / (double)scaled;
            double radius = Math.Max(1, ratio);
            _taps = [.. Enumerable.Range(0, length).Select(at =>
            {
                // A triangle around the pixel's centre: bilinear where the picture grows, smoothing where it shrinks.
                double centre = (at - offset + 0.5) * ratio - 0.5;
                int start = Math.Clamp((int)Math.Ceiling(centre - radius), 0, from - 1);
                int end = Math.Clamp((int)Math.Floor(centre + radius), start, from - 1);
                double[] weights = [.. Enumerable.Range(start, end - start + 1)
                    .Select(i => Math.Max(1e-6, 1 - Math.Abs(i - centre) / radius))];
                double total = weights.Sum();
                return (start, weights.Select(weight => (float)(weight / total)).ToArray());
            })];
        }

        /// <summary>First pixel of the frame that shows the picture.</summary>
        public int First { get; }

        /// <summary>The pixel after the last.</summary>
        public int End { get; }

        public (int Start, float[] Weights) Taps(int at) => _taps[at];

        /// <summary>One row of RGB pixels.</summary>
        public void Scale(ReadOnlySpan<byte> from, Span<float> to)
        {
            for (int x = First; x < End; x++)
            {
                (int start, float[] weights) = _taps[x];
                float red = 0, green = 0, blue = 0;
                for (int k = 0; k < weights.Length; k++)
                {
                    int i = (start + k) * 3;
                    red += weights[k] * from[i];
                    green += weights[k] * from[i + 1];
                    blue += weights[k] * from[i + 2];
                }

                (to[x * 3], to[x * 3 + 1], to[x * 3 + 2]) = (red, green, blue);
            }
        }
    }
}
