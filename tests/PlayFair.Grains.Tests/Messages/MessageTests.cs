using System.Collections;
using System.Reflection;
using System.Text.Json;
using Orleans.Serialization;
using Orleans.Serialization.Configuration;
using PlayFair.Contracts;
using PlayFair.Engine;

namespace PlayFair.Grains.Tests.Messages;

/// <summary>What silos send to one another.</summary>
public sealed class MessageTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private Serializer Serializer => _services.GetRequiredService<Serializer>();

    public static TheoryData<Type> Messages => new(
        typeof(AttributionUpdate), typeof(VideoDefinition), typeof(VideoStatus), typeof(VideoAnswer), typeof(Refusal),
        typeof(CatalogCount), typeof(CatalogChanges), typeof(KnownVideo), typeof(SiloReport), typeof(SiloLoad),
        typeof(VideoReport), typeof(SiloReply), typeof(BucketPart), typeof(FrameFeatures));

    [Theory]
    [MemberData(nameof(Messages))]
    public void Every_field_arrives(Type message)
    {
        object sent = Filler.Fill(message);
        object received = Serializer.Deserialize<object>(Serializer.SerializeToArray(sent));
        Assert.IsType(message, received);
        Assert.NotSame(sent, received);
        string json = Json(sent);
        Assert.Equal(json, Json(received));
        // The filler leaves nothing at its default: a field that is not sent would be seen.
        Assert.DoesNotContain("null", json, StringComparison.Ordinal);
    }

    [Fact]
    public void All_messages_are_tested() => Assert.Equal(
        typeof(VideoAnswer).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null
                && !type.IsAssignableTo(typeof(PlacementStrategy)) && !type.Name.EndsWith("Surrogate", StringComparison.Ordinal))
            .Select(type => type.Name).Order(),
        Messages.Select(row => row.Data).Where(type => type.Assembly == typeof(VideoAnswer).Assembly)
            .Select(type => type.Name).Order());

    [Fact]
    public void What_is_absent_arrives_as_absent()
    {
        var update = new AttributionUpdate
        {
            Video = "a",
            Sequence = 0,
            ArrivedAt = default,
            ComputedAt = default,
            Model = "m 1",
            Score = "logit",
            StandardError = AttributionUpdate.Exact,
            RateHz = 8,
            FrameIndices = [],
            FrameTimes = [],
            TopClass = 0,
            Classes = [],
            EvaluationCount = 0,
            DroppedFrames = 0,
            Timings = new UpdateTimings(0, 0, 0, 0),
        };
        VideoStatus status = Known.Status("a");
        Assert.Equal(Json(update), Json(RoundTrip(update)));
        Assert.Equal(Json(status), Json(RoundTrip(status)));
        Assert.Equal(new VideoAnswer(null, null), RoundTrip(new VideoAnswer(null, null)));
        Assert.Equal(Known.Video("a", 1), RoundTrip(Known.Video("a", 1)));
    }

    [Fact]
    public void A_stores_failure_arrives_as_one_in_its_words()
    {
        Exception received = Serializer.Deserialize<Exception>(
            Serializer.SerializeToArray<Exception>(new StoreException("The database is away. Bring it back.")));
        Assert.Equal("The database is away. Bring it back.", Assert.IsType<StoreException>(received).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_silo_of_an_older_version_reads_what_it_knows(bool isNamed)
    {
        using ServiceProvider older = Version<Older>(), newer = Version<Newer>();
        var sent = new Newer { Id = "a", Claim = 3, Status = Known.Status("a"), Extra = ["x", "y"], Last = 9 };
        var received = Send<Newer, Older>(newer, sent, older, isNamed);
        Assert.Equal(("a", 3, "a", 9), (received.Id, received.Claim, received.Status!.Definition.Id, received.Last));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_silo_of_a_newer_version_does_without_what_an_older_one_does_not_send(bool isNamed)
    {
        using ServiceProvider older = Version<Older>(), newer = Version<Newer>();
        var sent = new Older { Id = "a", Claim = 3, Status = Known.Status("a"), Last = 9 };
        var received = Send<Older, Newer>(older, sent, newer, isNamed);
        Assert.Equal(("a", 3, "a", 9), (received.Id, received.Claim, received.Status!.Definition.Id, received.Last));
        Assert.Null(received.Extra);
    }

    public void Dispose() => _services.Dispose();

    /// <summary>The serializer of a silo that has one of the two versions of the message, by its one name.</summary>
    private static ServiceProvider Version<T>() => new ServiceCollection().AddSerializer()
        .Configure<TypeManifestOptions>(types =>
        {
            foreach (string alias in (string[])[Older.Name, Newer.Name])
                types.WellKnownTypeAliases.Remove(alias);
            types.WellKnownTypeAliases.Add(Older.Name, typeof(T));
        })
        .BuildServiceProvider();

    /// <param name="isNamed">Whether the message carries its type's name, as where the receiver does not expect the type.</param>
    private static TReceived Send<TSent, TReceived>(IServiceProvider from, TSent message, IServiceProvider to, bool isNamed)
    {
        Serializer sender = from.GetRequiredService<Serializer>(), receiver = to.GetRequiredService<Serializer>();
        return isNamed
            ? Assert.IsType<TReceived>(receiver.Deserialize<object>(sender.SerializeToArray<object>(message!)))
            : receiver.Deserialize<TReceived>(sender.SerializeToArray(message));
    }

    private T RoundTrip<T>(T message) => Serializer.Deserialize<T>(Serializer.SerializeToArray(message));

    private static string Json(object message) => JsonSerializer.Serialize(message, message.GetType(), s_json);

    private static readonly JsonSerializerOptions s_json = MakeJson();

    private static JsonSerializerOptions MakeJson()
    {
        var options = new JsonSerializerOptions();
        options.Converters.Add(new AddressConverter());
        return options;
    }

    private sealed class AddressConverter : System.Text.Json.Serialization.JsonConverter<SiloAddress>
    {
        public override SiloAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, SiloAddress value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToParsableString());
    }

    /// <summary>Makes messages in which every value differs from every other and from its type's default.</summary>
    private sealed class Filler
    {
        private int _count;

        public static object Fill(Type type) => new Filler().Make(type);

        private object Make(Type type)
        {
            int number = ++_count;
            if (Nullable.GetUnderlyingType(type) is { } value)
                return Make(value);
            if (type.IsEnum)
                return Enum.GetValues(type).GetValue(1)!;
            if (type == typeof(string))
                return $"text {number}";
            if (type == typeof(bool))
                return true;
            if (type == typeof(Guid))
                return new Guid(number, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
            if (type == typeof(DateTimeOffset))
                return new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(1)).AddTicks(number);
            if (type == typeof(SiloAddress))
                return Known.Silo(number);
            if (type.IsPrimitive)
                return Convert.ChangeType(number, type, null);
            if (type.IsArray || type.IsAssignableTo(typeof(IEnumerable)))
                return MakeArray(type.IsArray ? type.GetElementType()! : type.GetGenericArguments()[0]);
            return MakeObject(type);
        }

        private Array MakeArray(Type element)
        {
            // A latency is three numbers.
            var array = Array.CreateInstance(element, 3);
            for (int i = 0; i < array.Length; i++)
                array.SetValue(Make(element), i);
            return array;
        }

        private object MakeObject(Type type)
        {
            ConstructorInfo? full = type.GetConstructors().OrderByDescending(one => one.GetParameters().Length).FirstOrDefault();
            object made = full is { } constructor
                ? constructor.Invoke([.. constructor.GetParameters().Select(parameter => Make(parameter.ParameterType))])
                : Activator.CreateInstance(type)!;
            if (full?.GetParameters().Length is null or 0)
            {
                foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite))
                    property.SetValue(made, Make(property.PropertyType));
            }

            return made;
        }
    }
}

/// <summary>A message as one version has it.</summary>
[GenerateSerializer, Alias(Name)]
internal sealed class Older
{
    public const string Name = "playfair.tests.message";

    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required long Claim { get; init; }

    [Id(2)] public VideoStatus? Status { get; init; }

    [Id(4)] public long Last { get; init; }
}

/// <summary>The same message as the next version has it, with one member more.</summary>
[GenerateSerializer, Alias(Name)]
internal sealed class Newer
{
    /// <summary>Both are in one program here; a test gives this one the other's.</summary>
    public const string Name = "playfair.tests.message.newer";

    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required long Claim { get; init; }

    [Id(2)] public VideoStatus? Status { get; init; }

    [Id(3)] public string[]? Extra { get; init; }

    [Id(4)] public long Last { get; init; }
}
