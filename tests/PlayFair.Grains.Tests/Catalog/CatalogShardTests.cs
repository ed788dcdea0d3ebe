using PlayFair.Engine.Tests;

namespace PlayFair.Grains.Tests.Catalog;

public sealed class CatalogShardTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly ManualTime _time = new();
    private readonly CatalogShard _shard;
    private readonly HashSet<SiloAddress> _alive = [Known.Silo(0), Known.Silo(1), Known.Silo(2)];

    public CatalogShardTests() => _shard = new CatalogShard(_time);

    [Fact]
    public void A_stored_video_is_lost_once_no_silo_has_named_it_for_a_while()
    {
        _shard.Know(Known.Status("a"));
        Assert.Equal(new CatalogCount(1, 1), _shard.Count);
        _time.Advance(s_patience - TimeSpan.FromTicks(1));
        Assert.Empty(Lost());
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(["a"], Lost());
        _shard.Report(Known.Report(0, Known.Video("a", 1, "here")));
        Assert.Empty(Lost());
        Assert.Equal(new CatalogCount(1, 0), _shard.Count);
        Assert.Equal("here", _shard.Find("a")!.Reason);
    }

    [Fact]
    public void Videos_of_a_silo_that_is_gone_are_lost_at_once_and_only_those()
    {
        _shard.Report(Known.Report(0, Known.Video("a", 1, "live"), Known.Video("b", 1, "live")));
        _shard.Report(Known.Report(1, Known.Video("c", 1, "live")));
        Assert.Empty(Lost());
        _alive.Remove(Known.Silo(0));
        Assert.Equal(["a", "b"], Lost());
        Assert.Equal([Known.Silo(1)], _shard.Silos.Select(silo => silo.Address));
        Assert.Null(_shard.Find("a")!.Silo);

        _shard.Started(Known.Silo(1), Known.Video("a", 2, "live again"));
        Assert.Equal(["b"], Lost());
    }

    [Fact]
    public void A_video_that_its_silo_names_no_more_is_lost_after_a_while()
    {
        _shard.Report(Known.Report(0, Known.Video("a", 1, "live")));
        _shard.Report(Known.Report(0));
        Assert.Empty(Lost());
        _time.Advance(s_patience);
        Assert.Equal(["a"], Lost());
        // A report of another silo says nothing about it.
        _shard.Report(Known.Report(1));
        Assert.Equal(["a"], Lost());
    }

    [Fact]
    public void An_older_owner_does_not_win()
    {
        _shard.Report(Known.Report(0, Known.Video("a", 1, "old")));
        _shard.Started(Known.Silo(1), Known.Video("a", 2, "new"));
        long version = _shard.Version;
        _shard.Report(Known.Report(0, Known.Video("a", 1, "older and later", version: 99)));
        Assert.Equal(("new", version), (_shard.Find("a")!.Reason, _shard.Version));
        // Nor does its leaving take the video from the new one.
        _shard.Report(Known.Report(0));
        _time.Advance(s_patience);
        Assert.Empty(Lost());
    }

    [Fact]
    public void A_report_that_was_overtaken_does_not_bring_back_an_older_status()
    {
        _shard.Started(Known.Silo(0), Known.Video("a", 1, "ended", version: 7));
        _shard.Report(Known.Report(0, Known.Video("a", 1, "running", version: 6)));
        Assert.Equal("ended", _shard.Find("a")!.Reason);
        // A new owner counts from the beginning.
        _shard.Report(Known.Report(1, Known.Video("a", 2, "elsewhere", version: 0)));
        Assert.Equal("elsewhere", _shard.Find("a")!.Reason);
    }

    [Fact]
    public void A_watcher_is_told_every_change_once()
    {
        _shard.Report(Known.Report(0, Known.Video("a", 1, "1"), Known.Video("b", 1, "1")));
        var watcher = new Watcher(_shard);
        Assert.Equal(["a 1", "b 1"], watcher.Ask());
        Assert.Empty(watcher.Ask());
        _shard.Report(Known.Report(0, Known.Video("a", 1), Known.Video("b", 1, "2")));
        Assert.Equal(["b 2"], watcher.Ask());
        Assert.Empty(watcher.Ask());
        _shard.Remove("a");
        _shard.Started(Known.Silo(1), Known.Video("c", 1, "1"));
        Assert.Equal(["c 1", "-a"], watcher.Ask());
        Assert.Empty(watcher.Ask());
    }

    [Fact]
    public void A_watcher_of_some_is_told_of_these_only_and_hears_when_they_change()
    {
        _shard.Report(Known.Report(0, Known.Video("a", 1, "1"), Known.Video("b", 1, "1")));
        var watcher = new Watcher(_shard, "b");
        Assert.Equal(["b 1"], watcher.Ask());
        (CatalogChanges? changes, Task changed) = watcher.Since();
        Assert.Null(changes);
        _shard.Report(Known.Report(0, Known.Video("a", 1, "2"), Known.Video("b", 1)));
        Assert.True(changed.IsCompleted);
        (changes, changed) = watcher.Since();
        Assert.Null(changes);
        _shard.Remove("b");
        Assert.True(changed.IsCompleted);
        Assert.Equal(["-b"], watcher.Ask());
    }

    [Fact]
    public void Another_life_of_the_shard_tells_everything_again()
    {
        _shard.Report(Known.Report(0, Known.Video("a", 1, "1")));
        var watcher = new Watcher(_shard);
        watcher.Ask();
        var next = new CatalogShard(_time);
        Assert.NotEqual(_shard.Incarnation, next.Incarnation);
        next.Know(Known.Status("b", "stored"));
        next.Know(Known.Status("c", "stored"));
        watcher.Shard = next;
        Assert.Equal(["b stored", "c stored"], watcher.Ask());
        Assert.True(watcher.WasToldAll);
    }

    [Fact]
    public void A_video_that_was_removed_is_not_brought_back_by_a_report_on_its_way()
    {
        _shard.Report(Known.Report(0, Known.Video("a", 1, "live")));
        _shard.Remove("a");
        _shard.Report(Known.Report(0, Known.Video("a", 1, "still live")));
        Assert.Null(_shard.Find("a"));
        Assert.Equal(0, _shard.Count.Videos);
        Assert.Empty(Lost());
    }

    [Fact]
    public void An_id_that_is_used_again_is_another_video()
    {
        _shard.Started(Known.Silo(0), Known.Video("a", 5, "old"));
        var watcher = new Watcher(_shard);
        watcher.Ask();
        long born = watcher.Born["a"];
        _shard.Remove("a");
        _shard.Started(Known.Silo(1), Known.Video("a", 1, "new"));
        Assert.Equal("new", _shard.Find("a")!.Reason);
        // Whoever has not asked in between sees it all the same.
        Assert.Equal(["a new"], watcher.Ask());
        Assert.True(watcher.Born["a"] > born);

        born = watcher.Born["a"];
        _shard.Report(Known.Report(1, Known.Video("a", 1, "changed")));
        Assert.Equal(["a changed"], watcher.Ask());
        Assert.Equal(born, watcher.Born["a"]);
    }

    [Fact]
    public void A_watcher_that_is_too_far_behind_is_told_everything()
    {
        _shard.Report(Known.Report(0, Known.Video("a", 1, "1"), Known.Video("stays", 1, "1")));
        var watcher = new Watcher(_shard);
        watcher.Ask();
        for (int i = 0; i < 2000; i++)
        {
            _shard.Started(Known.Silo(0), Known.Video($"short{i}", 1, "1"));
            _shard.Remove($"short{i}");
        }

        Assert.Equal(["a 1", "stays 1"], watcher.Ask(knownOnly: true));
        Assert.True(watcher.WasToldAll);
    }

    [Fact]
    public void What_is_not_stored_any_more_is_removed_unless_a_silo_has_it_by_now()
    {
        _shard.Know(Known.Status("a"));
        _shard.Know(Known.Status("b"));
        _shard.Started(Known.Silo(0), Known.Video("b", 1, "live"));
        _shard.RemoveLost("a");
        _shard.RemoveLost("b");
        Assert.Equal(["b"], _shard.Statuses.Select(status => status.Definition.Id));
    }

    private List<string> Lost() => [.. _shard.Lost(_alive.Contains, s_patience).Order(StringComparer.Ordinal)];

    /// <summary>Asks for changes as a silo does.</summary>
    private sealed class Watcher(CatalogShard shard, params string[] videos)
    {
        private Guid _incarnation;
        private long _version = -1;

        public CatalogShard Shard { get; set; } = shard;

        public Dictionary<string, long> Born { get; } = new(StringComparer.Ordinal);

        public bool WasToldAll { get; private set; }

        public (CatalogChanges? Changes, Task Changed) Since() =>
            Shard.Since(_incarnation, _version, videos.Length == 0 ? null : videos);

        /// <returns>"id reason" of what has changed, by id, then "-id" of what was removed.</returns>
        public List<string> Ask(bool knownOnly = false)
        {
            if (Since().Changes is not { } changes)
                return [];
            (_incarnation, _version, WasToldAll) = (changes.Incarnation, changes.Version, changes.IsAll);
            foreach (KnownVideo known in changes.Changed)
                Born[known.Status.Definition.Id] = known.Born;
            return
            [
                .. changes.Changed.Select(known => known.Status).Select(status => $"{status.Definition.Id} {status.Reason}")
                    .Order(StringComparer.Ordinal),
                .. changes.Removed.Where(_ => !knownOnly).Select(id => $"-{id}"),
            ];
        }
    }
}
