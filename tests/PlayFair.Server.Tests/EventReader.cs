using System.Net;
using System.Text;

namespace PlayFair.Server.Tests;

/// <summary>One server-sent event as it was on the wire.</summary>
internal sealed record ServerEvent(string Name, string? Id, string Data);

/// <summary>Reads an event stream, line by line.</summary>
internal sealed class EventReader : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;

    public EventReader(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        _response = response;
        _lines = new StreamReader(response.Content.ReadAsStream(), Encoding.UTF8);
    }

    public HttpResponseMessage Response => _response;

    /// <summary>The next line; null at the end.</summary>
    public Task<string?> ReadLineAsync() => _lines.ReadLineAsync().WaitAsync(RunningServer.Timeout);

    /// <summary>The next event; null at the end.</summary>
    public async Task<ServerEvent?> ReadAsync()
    {
        string name = "";
        string? id = null;
        string data = "";
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length == 0 && name.Length > 0)
                return new ServerEvent(name, id, data);
            string[] field = line.Split(": ", 2);
            switch (field[0])
            {
                case "event":
                    name = field[1];
                    break;
                case "id":
                    id = field[1];
                    break;
                case "data":
                    data = field[1];
                    break;
            }
        }

        return null;
    }

    /// <summary>The next update's event; what comes before is skipped.</summary>
    public async Task<ServerEvent> ReadUpdateAsync()
    {
        while (await ReadAsync() is { } read)
        {
            if (read.Name == "update")
                return read;
        }

        throw new InvalidOperationException("The stream ended.");
    }

    public void Dispose()
    {
        _lines.Dispose();
        _response.Dispose();
    }
}
