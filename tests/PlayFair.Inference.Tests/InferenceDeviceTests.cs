namespace PlayFair.Inference.Tests;

public sealed class InferenceDeviceTests
{
    [Theory]
    [InlineData("cpu", null, "cpu")]
    [InlineData("CPU", null, "cpu")]
    [InlineData("cuda", 0, "cuda:0")]
    [InlineData(" Cuda:1 ", 1, "cuda:1")]
    public void Text_names_a_device(string text, int? cudaIndex, string written)
    {
        InferenceDevice device = InferenceDevice.Parse(text);

        Assert.Equal(cudaIndex, device.CudaIndex);
        Assert.Equal(written, device.ToString());
        Assert.Equal(device, InferenceDevice.Parse(written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("cuda:2147483647")]
    [InlineData("cuda0")]
    public void Other_text_is_refused_with_what_would_be_right(string text)
    {
        var exception = Assert.Throws<InferenceException>(() => InferenceDevice.Parse(text));

        Assert.Contains($"'{text}'", exception.Found, StringComparison.Ordinal);
        Assert.Contains("cuda:INDEX", exception.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_is_the_cpu()
    {
        Assert.Equal(InferenceDevice.Cpu, default);
        Assert.Equal(InferenceDevice.Cpu, new InferenceOptions().Device);
    }
}
