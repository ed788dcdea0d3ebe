namespace PlayFair.Inference.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("playfair inference ");

    public string FullName => _folder.FullName;

    public string Write(byte[] bytes, string name = "backbone.onnx")
    {
        string path = Path.Combine(FullName, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
