using System.Numerics.Tensors;
using PlayFair.Attribution.Sampling;
using PlayFair.Attribution.Sliding;

namespace PlayFair.Attribution;

/// <summary>Element Shapley Values of a window that slides over a stream, exact or sampled.</summary>
/// <remarks>
/// <para>
/// A step costs the model evaluations of the subsequences that hold the new frame: s/n of those of size s. With all
/// subsequences the values are exact; with samples they have the law of Algorithm 1's on each window. From two samples on,
/// values are means over the samples, and their spread gives standard errors.
/// </para>
/// <para>
/// Until n frames have come, the window holds those that there are, and each push computes their values anew. After that a
/// push allocates nothing (except where a sample is redrawn). Sums are updated by differences, and summed anew every
/// <see cref="SumAfter"/> pushes, so that rounding errors do not grow. Not for several threads at once.
/// </para>
/// </remarks>
public sealed class SlidingEsv
{
    /// <summary>After so many pushes φ is summed anew from the scores.</summary>
    public const int SumAfter = 256;

    private static readonly byte[] Magic = "PFSLIDE1"u8.ToArray();

    private readonly IWindowModel _model;
    private readonly double[] _prior;
    private readonly SlidingOptions _options;
    private readonly Game _game;
    private readonly SlidingSample[] _samples;

    /// <summary>How often each sample was drawn.</summary>
    private readonly int[] _drawCounts;

    /// <summary>The window's features by slot, [slot × D]: what the model was given.</summary>
    private readonly float[] _features;
    private readonly double[] _values;
    private readonly double[] _errors;
    private readonly double[] _scores;

    /// <summary>How many frames have come.</summary>
    private long _pushedCount;
    private long _stepCount;

    /// <param name="model">The model on the window; nobody else may set its frames.</param>
    /// <param name="prior">Class prior, [class], probabilities; copied.</param>
    /// <param name="options">How values are kept.</param>
    /// <exception cref="ArgumentException">
    /// As for <see cref="Game"/>; an option is out of its range; or exact values are asked for more than
    /// <see cref="ExactEsv.MaxFrameCount"/> frames.
    /// </exception>
    public SlidingEsv(IWindowModel model, ReadOnlySpan<double> prior, SlidingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        Check(model, options);
        _model = model;
        _prior = prior.ToArray();
        _options = options;
        _game = new Game(model, prior, options.Score);
        _samples = new SlidingSample[options.MaxCount is null ? 1 : options.SampleCount];
        _drawCounts = new int[_samples.Length];
        _features = new float[model.FrameCount * model.FeatureSize];
        _values = new double[model.FrameCount * model.ClassCount];
        _errors = new double[_values.Length];
        _scores = new double[model.ClassCount];
    }

    /// <summary>How many frames the window holds now: at most the model's n.</summary>
    public int FrameCount => (int)Math.Min(_pushedCount, _model.FrameCount);

    /// <summary>C.</summary>
    public int ClassCount => _model.ClassCount;

    /// <summary>φ of the frames in the window, oldest first, [frame × class], row-major. Valid until the next push.</summary>
    public ReadOnlySpan<double> Values => _values.AsSpan(0, FrameCount * ClassCount);

    /// <summary>
    /// The standard errors of <see cref="Values"/>, of the same shape; empty if these are exact, or from one sample.
    /// </summary>
    public ReadOnlySpan<double> StandardErrors => HasErrors ? _errors.AsSpan(0, FrameCount * ClassCount) : [];

    /// <summary>f(X) of the window, [class]. Valid until the next push.</summary>
    public ReadOnlySpan<double> Scores => _scores;

    /// <summary>f(∅), [class].</summary>
    public ReadOnlySpan<double> Prior => _game.EmptyScores;

    /// <summary>How many model evaluations the last push took.</summary>
    public long EvaluationCount { get; private set; }

    /// <summary>True if all subsequences are kept.</summary>
    public bool IsExact => _options.MaxCount is null;

    private bool HasErrors => !IsExact && _samples.Length > 1;

    private int Newest => (int)((_pushedCount - 1) % _model.FrameCount);

    /// <summary>Starts in the middle of a stream, where one that began with it would be: with the same samples.</summary>
    /// <param name="stepCount">
    /// How often the full window has moved on. The first push of the whole stream being of n frames, and each after it of
    /// <paramref name="stride"/>, it is the number of pushes after the first.
    /// </param>
    /// <param name="stride">By how many frames each push moved it on.</param>
    /// <param name="window">The features of the frames now in the window, [n × D], row-major, oldest first.</param>
    /// <param name="model">The model on the window; nobody else may set its frames.</param>
    /// <param name="prior">As for the constructor.</param>
    /// <param name="options">As for the constructor.</param>
    /// <returns>With the values of this window; those and what follows differ by rounding (of floats) only.</returns>
    /// <exception cref="ArgumentException">As for the constructor and <see cref="Push"/>.</exception>
    public static SlidingEsv At(
        long stepCount,
        int stride,
        ReadOnlySpan<float> window,
        IWindowModel model,
        ReadOnlySpan<double> prior,
        SlidingOptions options,
        CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stepCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        var sliding = new SlidingEsv(model, prior, options);
        if (window.Length != sliding._features.Length)
        {
            throw new ArgumentException(
                $"{window.Length} features, expected a full window of {model.FrameCount} frames × {model.FeatureSize}.",
                nameof(window));
        }

        // The window's first frame is in the slot that stepCount · stride frames before it lead to.
        sliding._pushedCount = stepCount * stride;
        sliding._stepCount = stepCount;
        sliding.CountDraws();
        sliding.SetFrames(window);
        sliding.Draw(ct);
        sliding.WriteResult();
        return sliding;
    }

    /// <summary>Takes new frames, and computes the values of the window that ends with the last of them.</summary>
    /// <param name="features">
    /// [frames × D], row-major, in time order: one frame, or as many as the window is to move on by, at most n.
    /// </param>
    /// <param name="ct">Ends the computation early; the values are then those of no window, and nothing may follow.</param>
    /// <exception cref="ArgumentException">Another length, a feature that is not finite, or a logit that is not.</exception>
    public void Push(ReadOnlySpan<float> features, CancellationToken ct = default)
    {
        int n = _model.FrameCount;
        int size = _model.FeatureSize;
        int count = features.Length / size;
        if (count < 1 || count > n || features.Length != count * size)
        {
            throw new ArgumentException(
                $"{features.Length} features, expected 1 to {n} frames × {size}.", nameof(features));
        }

        bool wasFull = _pushedCount >= n;
        SetFrames(features);
        EvaluationCount = 0;
        if (_pushedCount < n)
        {
            WarmUp(ct);
            return;
        }

        if (!wasFull)
            Draw(ct);
        else
            Step(count, ct);
        WriteResult();
    }

    /// <summary>The present values, as an object of their own.</summary>
    /// <exception cref="InvalidOperationException">No frame has come.</exception>
    public ElementShapleyValues ToValues() => FrameCount == 0
        ? throw new InvalidOperationException("No frame has come; push one first.")
        : new ElementShapleyValues
        {
            FrameCount = FrameCount,
            ClassCount = ClassCount,
            ScoreKind = _options.Score,
            Values = Values.ToArray(),
            Scores = _scores.ToArray(),
            Prior = _game.EmptyScores,
            EvaluationCount = EvaluationCount,
            Estimator = IsExact ? ExactEsv.EstimatorName : SampledEsv.EstimatorName,
            StandardErrors = HasErrors ? StandardErrors.ToArray() : null,
            SampleCount = IsExact ? 0 : _samples.Length,
            StopReason = IsExact ? StopReason.Exact : StopReason.Iterations,
        };

    /// <summary>Writes all that the values to come depend on, save the model, the prior and the options.</summary>
    /// <remarks>Little-endian: the format's name, n, D, C, what the options are, then the state.</remarks>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        foreach (long fact in Facts())
            writer.Write(fact);
        writer.Write(_pushedCount);
        writer.Write(_stepCount);
        writer.Write(EvaluationCount);
        foreach (int drawCount in _drawCounts)
            writer.Write(drawCount);
        foreach (float feature in _features)
            writer.Write(feature);
        foreach (SlidingSample sample in _pushedCount < _model.FrameCount ? [] : _samples)
        {
            foreach (double value in sample.Values)
                writer.Write(value);
        }

        foreach (double value in _values)
            writer.Write(value);
        foreach (double error in _errors)
            writer.Write(error);
        foreach (double score in _scores)
            writer.Write(score);
    }

    /// <summary>Goes on where a saved one was: what it computes next is identical to the last bit.</summary>
    /// <param name="stream">What <see cref="Save"/> wrote.</param>
    /// <param name="model">The model that was saved; its frames are set.</param>
    /// <param name="prior">As it was.</param>
    /// <param name="options">As they were; the number of threads may differ.</param>
    /// <exception cref="InvalidDataException">It was saved with another model or other options, or it is cut off.</exception>
    public static SlidingEsv Restore(
        Stream stream, IWindowModel model, ReadOnlySpan<double> prior, SlidingOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var sliding = new SlidingEsv(model, prior, options);
        using var reader = new BinaryReader(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        try
        {
            sliding.Read(reader);
        }
        catch (EndOfStreamException cause)
        {
            throw new InvalidDataException(
                "The saved window ends too early; it was not written whole. Start a new one.", cause);
        }

        return sliding;
    }

    private void Read(BinaryReader reader)
    {
        if (!reader.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic))
            throw new InvalidDataException("This is not a saved sliding window of this version. Start a new one.");
        string[] names = ["frames", "features", "classes", "score", "subsequences", "samples", "redraw", "seed"];
        long[] facts = Facts();
        for (int i = 0; i < facts.Length; i++)
        {
            long found = reader.ReadInt64();
            if (found != facts[i])
            {
                throw new InvalidDataException(
                    $"The saved window's {names[i]} is {found}, expected {facts[i]} as in the model and options. Give those "
                    + "that it was saved with, or start a new one.");
            }
        }

        _pushedCount = reader.ReadInt64();
        _stepCount = reader.ReadInt64();
        long evaluationCount = reader.ReadInt64();
        for (int i = 0; i < _drawCounts.Length; i++)
            _drawCounts[i] = reader.ReadInt32();
        for (int i = 0; i < _features.Length; i++)
            _features[i] = reader.ReadSingle();
        int size = _model.FeatureSize;
        for (int slot = 0; slot < FrameCount; slot++)
            _model.SetFrame(slot, _features.AsSpan(slot * size, size));
        if (_pushedCount >= _model.FrameCount)
        {
            for (int i = 0; i < _samples.Length; i++)
            {
                _samples[i] = Create(i, _drawCounts[i]);
                _samples[i].Fill(Newest, CancellationToken.None);
                for (int k = 0; k < _samples[i].Values.Length; k++)
                    _samples[i].Values[k] = reader.ReadDouble();
            }
        }

        foreach (double[] target in new[] { _values, _errors, _scores })
        {
            for (int k = 0; k < target.Length; k++)
                target[k] = reader.ReadDouble();
        }

        EvaluationCount = evaluationCount;
    }

    private long[] Facts() =>
    [
        _model.FrameCount, _model.FeatureSize, _model.ClassCount, (long)_options.Score, _options.MaxCount ?? 0,
        _samples.Length, _options.RedrawAfter, (long)_options.Seed,
    ];

    private void WarmUp(CancellationToken ct)
    {
        var game = new Game(FirstFrames.Of(_model, FrameCount), _prior, _options.Score);
        ElementShapleyValues values = _options.MaxCount is not { } maxCount
            ? new ExactEsv { ThreadCount = _options.ThreadCount }.Estimate(game, ct)
            : new SampledEsv { MaxCount = maxCount, Seed = _options.Seed, ThreadCount = _options.ThreadCount }
                .Estimate(game, new StoppingRule { Iterations = _samples.Length }, ct);
        values.Values.CopyTo(_values.AsSpan());
        // A short window may have so few subsequences that a sample takes them all: no error then.
        Array.Clear(_errors);
        values.StandardErrors?.CopyTo(_errors.AsSpan());
        values.Scores.CopyTo(_scores.AsSpan());
        EvaluationCount = values.EvaluationCount;
    }

    private void SetFrames(ReadOnlySpan<float> features)
    {
        int size = _model.FeatureSize;
        for (; !features.IsEmpty; features = features[size..])
        {
            int slot = (int)(_pushedCount % _model.FrameCount);
            _model.SetFrame(slot, features[..size]);
            features[..size].CopyTo(_features.AsSpan(slot * size));
            _pushedCount++;
        }
    }

    /// <summary>How often <see cref="Step"/> would have drawn each sample anew by now: they take turns from the second on.</summary>
    private void CountDraws()
    {
        if (IsExact || _options.RedrawAfter == 0)
            return;
        long redrawCount = _stepCount / _options.RedrawAfter;
        for (int i = 0; i < _samples.Length; i++)
            _drawCounts[i] = (int)((redrawCount - i + _samples.Length) / _samples.Length) - (i == 0 ? 1 : 0);
    }

    private void Draw(CancellationToken ct)
    {
        for (int i = 0; i < _samples.Length; i++)
        {
            _samples[i] = Create(i, _drawCounts[i]);
            EvaluationCount += _samples[i].Fill(Newest, ct);
        }
    }

    private void Step(int newCount, CancellationToken ct)
    {
        _stepCount++;
        int redrawn = -1;
        if (!IsExact && _options.RedrawAfter > 0 && _stepCount % _options.RedrawAfter == 0)
        {
            redrawn = (int)(_stepCount / _options.RedrawAfter % _samples.Length);
            _samples[redrawn] = Create(redrawn, ++_drawCounts[redrawn]);
        }

        for (int i = 0; i < _samples.Length; i++)
        {
            EvaluationCount += i == redrawn ? _samples[i].Fill(Newest, ct) : _samples[i].Update(Newest, newCount, ct);
            if (_stepCount % SumAfter == 0)
                _samples[i].Sum();
        }
    }

    private SlidingSample Create(int index, int drawCount)
    {
        int n = _model.FrameCount;
        if (_options.MaxCount is not { } maxCount)
            return new SlidingSample(_game, SubsequenceSample.All(n), _options.ThreadCount);
        var random = new SeededRandom(_options.Seed, ((ulong)index << 32) + (ulong)drawCount);
        return new SlidingSample(_game, SubsequenceSample.Draw(n, maxCount, ref random), _options.ThreadCount);
    }

    /// <summary>Means and standard errors over the samples, the slots in the order of time.</summary>
    private void WriteResult()
    {
        int n = _model.FrameCount;
        int oldest = (Newest + 1) % n;
        Array.Clear(_scores);
        foreach (SlidingSample sample in _samples)
        {
            for (int c = 0; c < _scores.Length; c++)
                _scores[c] += sample.Scores[c] / (double)_samples.Length;
        }

        for (int i = 0; i < n; i++)
        {
            int slot = (oldest + i) % n;
            for (int c = 0; c < ClassCount; c++)
                WriteEntry((slot * ClassCount) + c, (i * ClassCount) + c);
        }
    }

    private void WriteEntry(int from, int to)
    {
        int count = _samples.Length;
        double mean = 0;
        foreach (SlidingSample sample in _samples)
            mean += sample.Values[from] / count;
        _values[to] = mean;
        if (count == 1)
            return;
        double squares = 0;
        foreach (SlidingSample sample in _samples)
            squares += (sample.Values[from] - mean) * (sample.Values[from] - mean);
        _errors[to] = Math.Sqrt(squares / (count - 1) / count);
    }

    private static void Check(IWindowModel model, SlidingOptions options)
    {
        if (model is not (IMultiScaleModel or IVariableLengthModel))
        {
            throw new ArgumentException(
                $"The model is a {model.GetType().Name}, expected an {nameof(IMultiScaleModel)} or an "
                + $"{nameof(IVariableLengthModel)}.",
                nameof(model));
        }

        if (options.MaxCount is null && model.FrameCount > ExactEsv.MaxFrameCount)
        {
            throw new ArgumentException(
                $"The window has {model.FrameCount} frames, and all subsequences are kept of 1 to {ExactEsv.MaxFrameCount}; "
                + $"set {nameof(SlidingOptions.MaxCount)} to sample.",
                nameof(options));
        }

        if (options.MaxCount < 1 || options.SampleCount < 1 || options.RedrawAfter < 0)
        {
            throw new ArgumentException(
                $"{options.MaxCount} subsequences of a size, {options.SampleCount} samples, redrawn after "
                + $"{options.RedrawAfter} steps: expected at least 1, 1 and 0.",
                nameof(options));
        }
    }
}
