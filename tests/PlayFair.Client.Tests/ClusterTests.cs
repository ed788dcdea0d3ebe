namespace PlayFair.Client.Tests;

/// <summary><c>playfair cluster</c> as a process.</summary>
public sealed class ClusterTests
{
    [Fact]
    public async Task Silos_and_grains_are_shown_as_tables_or_as_the_server_has_them()
    {
        string json = Samples.Json(Samples.Cluster());
        await using var server = new ScriptedServer(
            answer => answer.SendJsonAsync(json), answer => answer.SendJsonAsync(json));

        Outcome shown = await Command.RunAsync("cluster", "--url", server.Address);
        Assert.Equal((0, ""), (shown.Code, shown.Error));
        Assert.Equal(
            """
            cameras: 3 silos, 14 videos, 1 of them on no silo at the moment; answered by silo-0

            SILO     STATE    VIDEOS  LOAD/CORES  USED  UPDATES/S  MEMORY  ACCELERATOR  SINCE
            silo-0   active       12    5.3/16.0   4.6       96.0  1.9 GB  cuda         2026-01-02 03:04:05Z
            silo-10  leaving       1     0.5/4.0   0.4        8.0  0.7 GB  –            2026-01-02 03:04:10Z
                     not heard of since 2026-01-02 03:08:05Z
            silo-2   dead          –           –     –          –       –  –            –

            GRAINS   CATALOG  VIDEO
            silo-0         1     12
            silo-10        0      1

            """,
            shown.Output);
        Assert.Equal(json + "\n", (await Command.RunAsync("cluster", "--json", "--url", server.Address)).Output);
    }

    [Fact]
    public async Task Where_there_is_no_cluster_it_says_so_and_how_one_is_made()
    {
        await using var server = new ScriptedServer(
            answer => answer.SendAsync(404, "application/problem+json", """{"title":"Not found"}"""),
            answer => answer.SendJsonAsync(Samples.ServiceStatus));

        (await Command.RunAsync("cluster", "--url", server.Address))
            .Refused(73, "There is no cluster", "'playfair serve'", "'playfair silo'");
    }
}
