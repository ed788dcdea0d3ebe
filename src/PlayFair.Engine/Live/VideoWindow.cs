using PlayFair.Attribution;
using PlayFair.Contracts;
using PlayFair.Models;
using PlayFair.Video;

namespace PlayFair.Engine;

/// <summary>What one move of the window brings.</summary>
/// <param name="Update">The update.</param>
/// <param name="LeavingFrames">The frames that have left the window since the update before.</param>
/// <param name="ArrivalTimestamp">When the newest frame arrived, by the time provider.</param>
public sealed record WindowStep(
    AttributionUpdate Update, IReadOnlyList<FrameTrack> LeavingFrames, long ArrivalTimestamp);

/// <summary>One video's sliding window: features go in, updates and frame tracks come out. Not for several threads at once.</summary>
/// <remarks>
/// The first update comes with the n-th frame; a video that ends before gets one of the frames there were. Frames that
/// are left over at the end, fewer than a stride, get a last update. A new segment begins with an empty window.
/// </remarks>
public sealed class VideoWindow
{
    private readonly ModelPackage _model;
    private readonly string _modelName;
    private readonly Func<IWindowModel> _createModel;
    private readonly TimeProvider _time;

    /// <summary>The window's frames, oldest first, and behind them those that wait for the rest of a stride.</summary>
    private readonly List<HeldFrame> _frames = [];
    private readonly List<FrameTrack> _leaving = [];
    private WindowOptions _options;
    private SlidingEsv? _esv;

    /// <summary>Steps of the window since its segment began; the first update of a segment is none.</summary>
    private long _stepCount;

    /// <summary>Whether the segment has had an update.</summary>
    private bool _hasMoved;
    private long _updateCount;
    private int? _previousTopClass;
    private IReadOnlyList<ReportedClass> _lastClasses = [];

    /// <param name="model">The model; its head or ONNX head is what <paramref name="createModel"/> makes windows of.</param>
    /// <param name="createModel">Makes an empty window of n frames on the model's head.</param>
    public VideoWindow(
        ModelPackage model, Func<IWindowModel> createModel, WindowOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(createModel);
        ArgumentNullException.ThrowIfNull(options);
        _model = model;
        _modelName = $"{model.Name} {model.Version}";
        _createModel = createModel;
        _options = options;
        _time = time ?? TimeProvider.System;
        _updateCount = _stepCount = options.ReplayFrom;
    }

    /// <summary>How many frames the window holds.</summary>
    public int FrameCount => Math.Min(_frames.Count, _options.Window);

    /// <summary>Changes m for the updates to come; the window's frames stay.</summary>
    public void ChangeSamples(int? samples)
    {
        if (samples == _options.Samples)
            return;
        _options = _options with { Samples = samples };
        // Made anew with the next step, from the frames that are held.
        _esv = null;
    }

    /// <summary>Takes the next frame.</summary>
    /// <param name="frame">Its description; the pixels are not touched.</param>
    /// <param name="features">[D], finite; kept.</param>
    /// <param name="featureTime">From its arrival until its features were there.</param>
    /// <param name="rateHz">Frames sampled a second now.</param>
    /// <param name="droppedCount">Frames dropped so far.</param>
    /// <returns>The step if the window has moved and its update is a new one; else null.</returns>
    /// <exception cref="NotFiniteNumberException">The head's scores are not finite.</exception>
    public WindowStep? Push(
        SourceFrame frame, float[] features, TimeSpan featureTime, double rateHz, long droppedCount)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.StartsSegment && _frames.Count > 0)
            Empty();
        _frames.Add(new HeldFrame(frame, features, featureTime, _model.Classes.Count));
        int due = _hasMoved ? _options.Window + _options.Stride : _options.Window;
        return _frames.Count < due ? null : Move(rateHz, droppedCount);
    }

    /// <summary>The video has ended: the last update, if frames wait for one, and the tracks of all frames left.</summary>
    public (WindowStep? Step, IReadOnlyList<FrameTrack> Tracks) Finish(double rateHz, long droppedCount)
    {
        bool waits = _hasMoved ? _frames.Count > _options.Window : _frames.Count > 0;
        WindowStep? step = waits ? Move(rateHz, droppedCount) : null;
        Empty();
        FrameTrack[] tracks = [.. _leaving];
        _leaving.Clear();
        return (step, tracks);
    }

    private void Empty()
    {
        Leave(_frames.Count);
        _esv = null;
        _hasMoved = false;
        _stepCount = 0;
        _previousTopClass = null;
    }

    private WindowStep? Move(double rateHz, long droppedCount)
    {
        long start = _time.GetTimestamp();
        int newCount = _hasMoved ? _frames.Count - _options.Window : _frames.Count;
        if (_hasMoved)
        {
            Leave(newCount);
            _stepCount++;
        }

        Compute(newCount);
        _hasMoved = true;
        AddToSums();
        long sequence = _options.FirstSequence + _updateCount;
        bool isNew = _updateCount >= _options.DoneCount;
        _updateCount++;
        AttributionUpdate update = Describe(sequence, newCount, start, rateHz, droppedCount);
        _previousTopClass = update.TopClass;
        _lastClasses = update.Classes;
        foreach (HeldFrame frame in _frames)
            frame.LastSequence = sequence;
        if (!isNew)
        {
            // Those that left were told of before the interruption.
            _leaving.Clear();
            return null;
        }

        var step = new WindowStep(update, [.. _leaving], _frames[^1].Frame.ArrivalTimestamp);
        _leaving.Clear();
        return step;
    }

    private void Compute(int newCount)
    {
        int size = _model.Backbone.FeatureSize;
        if (_esv is not null)
        {
            _esv.Push(Features(_frames.Count - newCount, newCount, size));
            return;
        }

        float[] window = Features(0, _frames.Count, size);
        IWindowModel model = _createModel();
        if (_frames.Count == _options.Window)
        {
            _esv = SlidingEsv.At(
                _stepCount, _options.Stride, window, model, _model.Prior, _options.SlidingOptions);
        }
        else
        {
            _esv = new SlidingEsv(model, _model.Prior, _options.SlidingOptions);
            _esv.Push(window);
        }
    }

    private float[] Features(int first, int count, int size)
    {
        var features = new float[count * size];
        for (int i = 0; i < count; i++)
            _frames[first + i].Features.CopyTo(features, i * size);
        return features;
    }

    private void AddToSums()
    {
        ReadOnlySpan<double> values = _esv!.Values;
        int classCount = _esv.ClassCount;
        for (int i = 0; i < _frames.Count; i++)
        {
            System.Numerics.Tensors.TensorPrimitives.Add(
                values.Slice(i * classCount, classCount), _frames[i].Sums, _frames[i].Sums);
            _frames[i].WindowCount++;
        }
    }

    /// <summary>Takes the oldest frames out of the window, each with its track if an update held it.</summary>
    private void Leave(int count)
    {
        for (int i = 0; i < count; i++)
        {
            HeldFrame frame = _frames[i];
            if (frame.WindowCount == 0)
                continue;
            int place = i;
            _leaving.Add(new FrameTrack
            {
                Video = _options.Video,
                FrameIndex = frame.Frame.Frame.Index,
                TimeSeconds = frame.Frame.Frame.PresentationTime.TotalSeconds,
                ArrivedAt = frame.Frame.ArrivedAt,
                LastSequence = frame.LastSequence,
                WindowCount = frame.WindowCount,
                Classes =
                [
                    .. _lastClasses.Select(c => new TrackedClass(
                        c.Index, c.Name, (float)(frame.Sums[c.Index] / frame.WindowCount), c.Esv[place])),
                ],
            });
        }

        _frames.RemoveRange(0, count);
    }

    private AttributionUpdate Describe(
        long sequence, int newCount, long start, double rateHz, long droppedCount)
    {
        SlidingEsv esv = _esv!;
        int[] selected = _options.Classes.In(esv.Scores);
        HeldFrame newest = _frames[^1];
        TimeSpan decodeTime = TimeSpan.Zero;
        for (int i = _frames.Count - newCount; i < _frames.Count; i++)
            decodeTime += _frames[i].Frame.DecodeTime / newCount;
        long now = _time.GetTimestamp();
        return new AttributionUpdate
        {
            Video = _options.Video,
            Sequence = sequence,
            ArrivedAt = newest.Frame.ArrivedAt,
            ComputedAt = _time.GetUtcNow(),
            Model = _modelName,
            Score = ScoreKinds.Name(_options.Score),
            StandardError = esv.IsExact ? AttributionUpdate.Exact : AttributionUpdate.Sampled,
            Samples = _options.Samples,
            Iterations = esv.IsExact ? null : _options.Iterations,
            RateHz = rateHz,
            FrameIndices = [.. _frames.Select(f => f.Frame.Frame.Index)],
            FrameTimes = [.. _frames.Select(f => f.Frame.Frame.PresentationTime.TotalSeconds)],
            TopClass = selected[0],
            PreviousTopClass = _previousTopClass,
            Classes = Array.ConvertAll(selected, c => Report(esv, c)),
            EvaluationCount = esv.EvaluationCount,
            DroppedFrames = droppedCount,
            Timings = new UpdateTimings(
                Milliseconds(decodeTime), Milliseconds(newest.FeatureTime), Milliseconds(_time.GetElapsedTime(start, now)),
                Milliseconds(_time.GetElapsedTime(newest.Frame.ArrivalTimestamp, now))),
        };
    }

    private ReportedClass Report(SlidingEsv esv, int c) => new(
        c, _model.Classes[c], (float)esv.Scores[c], (float)esv.Prior[c], OfClass(esv.Values, c),
        esv.StandardErrors.IsEmpty ? null : OfClass(esv.StandardErrors, c));

    private float[] OfClass(ReadOnlySpan<double> values, int c)
    {
        var own = new float[_frames.Count];
        for (int i = 0; i < own.Length; i++)
            own[i] = (float)values[(i * _model.Classes.Count) + c];
        return own;
    }

    private static float Milliseconds(TimeSpan time) => (float)Math.Round(time.TotalMilliseconds, 3);

    /// <summary>A frame that the window holds.</summary>
    private sealed class HeldFrame(SourceFrame frame, float[] features, TimeSpan featureTime, int classCount)
    {
        /// <summary>Its description; the pixels may be gone.</summary>
        public SourceFrame Frame { get; } = frame;

        public float[] Features { get; } = features;

        public TimeSpan FeatureTime { get; } = featureTime;

        /// <summary>Σφ over the windows that held it, [class].</summary>
        public double[] Sums { get; } = new double[classCount];

        public int WindowCount { get; set; }

        public long LastSequence { get; set; }
    }
}
