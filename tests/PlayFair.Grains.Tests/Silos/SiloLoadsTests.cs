namespace PlayFair.Grains.Tests.Silos;

public sealed class SiloLoadsTests
{
    private readonly SiloLoads _loads = new();

    [Fact]
    public void Videos_of_one_moment_are_spread_although_no_report_comes_between()
    {
        _loads.Replace([Known.Load(0, 0), Known.Load(1, 0), Known.Load(2, 0)]);
        Assert.Equal([4, 4, 4], Place(12, 0, 1, 2));
    }

    [Fact]
    public void A_silo_gets_as_much_as_its_capacity_is()
    {
        _loads.Replace([Known.Load(0, 0, capacity: 1), Known.Load(1, 0, capacity: 3)]);
        Assert.Equal([10, 30], Place(40, 0, 1));
    }

    [Fact]
    public void What_runs_already_counts()
    {
        _loads.Replace([Known.Load(0, 0.5), Known.Load(1, 0), Known.Load(2, 0.3)]);
        Assert.Equal([0, 5, 2], Place(7, 0, 1, 2));
    }

    [Fact]
    public void A_silo_that_leaves_gets_nothing_while_there_is_another()
    {
        _loads.Replace([Known.Load(0, 0, isLeaving: true), Known.Load(1, 90)]);
        Assert.Equal([0, 5], Place(5, 0, 1));
        Assert.Equal(Known.Silo(0), _loads.Place([Known.Silo(0)], 0.1));
    }

    [Fact]
    public void A_silo_that_has_not_reported_yet_counts_as_empty()
    {
        _loads.Replace([Known.Load(0, 0.4)]);
        Assert.Equal([0, 3], Place(3, 0, 1));
    }

    [Fact]
    public void Among_equals_the_first_is_chosen()
    {
        Assert.Equal(Known.Silo(2), _loads.Place([Known.Silo(2), Known.Silo(1)], 0.1));
        Assert.Equal(Known.Silo(1), _loads.Place([Known.Silo(2), Known.Silo(1)], 0.1));
    }

    [Fact]
    public void A_report_stands_for_what_was_placed_before_it()
    {
        _loads.Replace([Known.Load(0, 0), Known.Load(1, 0.25)]);
        Assert.Equal([2, 0], Place(2, 0, 1));
        _loads.Replace([Known.Load(0, 0.2), Known.Load(1, 0.1)]);
        Assert.Equal(Known.Silo(1), _loads.Place([Known.Silo(0), Known.Silo(1)], 0.05));
    }

    [Fact]
    public void A_silo_is_full_when_one_more_does_not_fit()
    {
        _loads.Replace([Known.Load(0, 0.85), Known.Load(1, 1.6, capacity: 2)]);
        Assert.True(_loads.IsFull(Known.Silo(0), 0.2));
        Assert.False(_loads.IsFull(Known.Silo(1), 0.2));
        Assert.False(_loads.IsFull(Known.Silo(2), 0.2));
    }

    /// <summary>Places videos of a tenth of a core.</summary>
    /// <returns>How many each silo got.</returns>
    private int[] Place(int count, params int[] silos)
    {
        SiloAddress[] addresses = [.. silos.Select(Known.Silo)];
        int[] placed = new int[silos.Length];
        for (int i = 0; i < count; i++)
            placed[Array.IndexOf(addresses, _loads.Place(addresses, 0.1))]++;
        return placed;
    }
}
