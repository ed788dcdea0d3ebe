using System.Buffers.Binary;
using System.Text;

namespace PlayFair.Models.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        string path = _folder.File("a.safetensors");
        SafetensorsFile.Write(
            path,
            [
                new("matrix", [2, 3], [1, -2, 3.5f, 0, float.MaxValue, float.Epsilon]),
                new("scalar \"é\"", [], [7]),
                new("empty", [0, 4], []),
            ],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["made by"] = "a test" });

        var file = SafetensorsFile.Open(path);

        Assert.Equal("a test", file.Metadata["made by"]);
        Assert.Equal(["matrix", "scalar \"é\"", "empty"], file.Entries.Select(e => e.Name), StringComparer.Ordinal);
        var matrix = file.Read("matrix");
        Assert.Equal([2, 3], matrix.Shape);
        Assert.Equal([1, -2, 3.5f, 0, float.MaxValue, float.Epsilon], matrix.Values);
        Assert.Equal([7], file.ReadWeights("scalar \"é\"", []));
        Assert.Equal([0, 4], file.Read("empty").Shape);
        Assert.Empty(file.Read("empty").Values);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData("abcdefg")]
    public void Tensors_start_at_a_multiple_of_eight(string name)
    {
        string path = _folder.File("a.safetensors");
        SafetensorsFile.Write(path, [new(name, [1], [1])]);

        byte[] bytes = File.ReadAllBytes(path);

        long headerLength = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, headerLength % 8);
        Assert.Equal(8 + headerLength + 4, bytes.Length);
        Assert.Equal(1, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan((int)headerLength + 8)));
    }

    [Fact]
    public void Other_floating_point_types_are_read_as_float()
    {
        byte[] data = new byte[8 + 4 + 4];
        BinaryPrimitives.WriteDoubleLittleEndian(data, -1.0 / 3);
        BinaryPrimitives.WriteHalfLittleEndian(data.AsSpan(8), (Half)1.5f);
        BinaryPrimitives.WriteHalfLittleEndian(data.AsSpan(10), (Half)(-0.25f));
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(12), 0x3FC0); // 1.5: the upper half of 0x3FC00000
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(14), 0xC000); // −2
        string path = WriteFile(
            """
            {"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"h":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},
            "b":{"dtype":"BF16","shape":[2],"data_offsets":[12,16]}}
            """, data);

        var file = SafetensorsFile.Open(path);

        Assert.Equal([-1f / 3], file.Read("d").Values);
        Assert.Equal([1.5f, -0.25f], file.Read("h").Values);
        Assert.Equal([1.5f, -2f], file.Read("b").Values);
    }

    [Fact]
    public void Tensors_of_integers_may_lie_beside_but_cannot_be_read()
    {
        string path = WriteFile(
            """
            {"times":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},
            "features":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]}}
            """, new byte[12]);

        var file = SafetensorsFile.Open(path);

        Assert.Equal([0f], file.ReadFeatures().Values);
        var error = Assert.Throws<SafetensorsException>(() => file.Read("times"));
        Assert.Equal("times", error.Tensor);
        Assert.Contains("I64", error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_tensor_with_an_absurd_dimension_cannot_be_read()
    {
        string path = WriteFile(
            """{"a":{"dtype":"F32","shape":[9223372036854775807,9,0],"data_offsets":[0,0]}}""", []);

        Assert.Contains("shape [92233", Fail(() => SafetensorsFile.Open(path).Read("a")).Found, StringComparison.Ordinal);
    }

    // Header (with ' for "), bytes of data, tensor named, part of what was found.
    [Theory]
    [InlineData("[]", 0, null, "does not start with '{'")]
    [InlineData("", 0, null, "does not start with '{'")]
    [InlineData("{'a':", 0, null, "not JSON")]
    [InlineData("{} x", 0, null, "not JSON")]
    [InlineData("{'\\ud800':1}", 0, null, "not JSON")]
    [InlineData("{'a':1}", 0, "a", "Number")]
    [InlineData("{'a':{'dtype':'F32','shape':[1]}}", 4, "a", "not complete")]
    [InlineData("{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'x':1}}", 4, "a", "'x'")]
    [InlineData("{'a':{'dtype':7,'shape':[1],'data_offsets':[0,4]}}", 4, "a", "'dtype'")]
    [InlineData("{'a':{'dtype':'F33','shape':[1],'data_offsets':[0,4]}}", 4, "a", "'F33'")]
    [InlineData("{'a':{'dtype':'F32','shape':1,'data_offsets':[0,4]}}", 4, "a", "shape that is Number")]
    [InlineData("{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}}", 4, "a", "-1 in shape")]
    [InlineData("{'a':{'dtype':'F32','shape':[1.5],'data_offsets':[0,4]}}", 4, "a", "1.5 in shape")]
    [InlineData("{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}}", 4, "a", "4 bytes")]
    [InlineData("{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}", 3, "a", "[0, 4]")]
    [InlineData("{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}}", 4, "a", "[4, 0]")]
    [InlineData("{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,8]}}", 8, "a", "[0, 4, 8]")]
    [InlineData("{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,99999999999999999999]}}", 4, "a", "9999")]
    [InlineData("{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}", 8, "a", "byte 4")]
    [InlineData("{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}", 8, null, "8 bytes of data")]
    [InlineData(
        "{'a':{'dtype':'F32','shape':[9223372036854775807,9223372036854775807],"
        + "'data_offsets':[0,4]}}", 4, "a", "shape [9223372036854775807")]
    [InlineData(
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
        + "'b':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}", 8, "b", "byte 0")]
    [InlineData(
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
        + "'a':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}}", 8, "a", "twice")]
    [InlineData("{'__metadata__':[]}", 0, null, "__metadata__ that is Array")]
    [InlineData("{'__metadata__':{'k':1}}", 0, null, "__metadata__.k that is Number")]
    public void A_malformed_header_is_refused_with_the_tensor_and_what_was_found(
        string header, int dataLength, string? tensor, string found)
    {
        string path = WriteFile(header.Replace('\'', '"'), new byte[dataLength]);

        var error = Fail(() => SafetensorsFile.Open(path));

        Assert.Equal((path, tensor), (error.File, error.Tensor));
        Assert.Contains(found, error.Found, StringComparison.Ordinal);
        Assert.NotEmpty(error.Expected);
        Assert.Contains(error.Expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[0], "0 bytes")]
    [InlineData(new byte[] { 1, 2, 3 }, "3 bytes")]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, 123, 125 }, "a header length of 3 in a file of 10 bytes")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 123 }, "a header length of 18446744073709551615")]
    [InlineData(new byte[] { 2, 0, 0, 0, 0, 0, 0, 0, 123, 255 }, "not JSON")]
    public void A_broken_beginning_is_refused(byte[] content, string found)
    {
        string path = _folder.File("broken.safetensors");
        File.WriteAllBytes(path, content);

        var error = Fail(() => SafetensorsFile.Open(path));

        Assert.Contains(found, error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_refused()
    {
        Assert.Equal("no such file", Fail(() => SafetensorsFile.Open(_folder.File("x"))).Found);
        Assert.Equal("no such file", Fail(() => SafetensorsFile.Open(_folder.File("x/y"))).Found);
        Assert.Equal("a folder", Fail(() => SafetensorsFile.Open(_folder.Path)).Found);
    }

    [Fact]
    public void A_file_that_shrank_after_it_was_opened_is_refused()
    {
        string path = _folder.File("a");
        SafetensorsFile.Write(path, [new("a", [2], [1, 2])]);
        var file = SafetensorsFile.Open(path);
        using (var stream = File.OpenWrite(path))
            stream.SetLength(stream.Length - 1);

        Assert.Equal("a", Assert.Throws<SafetensorsException>(() => file.Read("a")).Tensor);
    }

    [Fact]
    public void Weights_must_have_their_shape_and_be_finite()
    {
        string path = _folder.File("a");
        SafetensorsFile.Write(path, [new("a", [2, 1], [1, float.NaN]), new("b", [1], [1])]);
        var file = SafetensorsFile.Open(path);

        Assert.Contains("shape [2, 1]", Fail(() => file.ReadWeights("a", [1, 2])).Found, StringComparison.Ordinal);
        Assert.Contains("NaN at element 1", Fail(() => file.ReadWeights("a", [2, 1])).Found, StringComparison.Ordinal);
        Assert.Equal("no such tensor", Fail(() => file.ReadWeights("c", [1])).Found);
        Assert.Contains("'a', 'b'", Fail(() => file.Read("c")).Expected, StringComparison.Ordinal);
        Assert.Equal("b", Fail(() => file.RequireOnly(["a"], "a test")).Tensor);
    }

    [Fact]
    public void Features_are_the_named_tensor_or_the_only_one()
    {
        Assert.Equal([2, 3], Features(new SafetensorsTensor("anything", [2, 3], new float[6])).Shape);
        Assert.Equal("features", Features(new("x", [1], [1]), new("features", [1, 2], [1, 2])).Name);
    }

    [Fact]
    public void Files_without_features_are_refused()
    {
        AssertRefused("0 tensors");
        AssertRefused("2 tensors ('x', 'y')", new("x", [1, 1], [1]), new("y", [1, 1], [1]));
        AssertRefused("shape [3]", new SafetensorsTensor("x", [3], new float[3]));
        AssertRefused("shape [0, 3]", new SafetensorsTensor("x", [0, 3], []));
        AssertRefused("Infinity at element 0", new SafetensorsTensor("x", [1, 1], [float.PositiveInfinity]));

        void AssertRefused(string found, params SafetensorsTensor[] tensors) =>
            Assert.Contains(found, Fail(() => Features(tensors)).Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_nobody_could_read_is_not_written()
    {
        string path = _folder.File("a");

        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(path, [new("a", [2], [1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(path, [new("a", [], [1]), new("a", [], [1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(path, [new("__metadata__", [], [1])]));
        Assert.False(File.Exists(path));
    }

    private static SafetensorsException Fail(Action action) => Assert.Throws<SafetensorsException>(action);

    private SafetensorsTensor Features(params SafetensorsTensor[] tensors)
    {
        string path = _folder.File("features");
        SafetensorsFile.Write(path, tensors);
        return SafetensorsFile.Open(path).ReadFeatures();
    }

    private string WriteFile(string header, byte[] data)
    {
        string path = _folder.File("made.safetensors");
        byte[] text = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(path, [.. length, .. text, .. data]);
        return path;
    }
}
