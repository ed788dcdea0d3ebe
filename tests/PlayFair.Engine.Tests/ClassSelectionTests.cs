using PlayFair.Models;

namespace PlayFair.Engine.Tests;

public sealed class ClassSelectionTests(Footage footage)
{
    /// <summary>Highest score first: 2, 0, 3, 1.</summary>
    private static readonly AttributedClass[] Ranked =
    [
        .. new[] { 2, 0, 3, 1 }.Select((index, rank) =>
            new AttributedClass(index, TestPackage.Classes[index], 0.4 - (0.1 * rank), 0.25, [], 0, 0)),
    ];

    [Theory]
    [InlineData("", new[] { 2, 0 })]
    [InlineData("top", new[] { 2 })]
    [InlineData("TOP", new[] { 2 })]
    [InlineData("top1", new[] { 2 })]
    [InlineData("top3", new[] { 2, 0, 3 })]
    [InlineData("top99", new[] { 2, 0, 3, 1 })]
    [InlineData("moving right", new[] { 1 })]
    [InlineData(" Moving Right ", new[] { 1 })]
    [InlineData("3", new[] { 3 })]
    [InlineData("1|top", new[] { 1, 2 })]
    [InlineData("top|1", new[] { 2, 1 })]
    [InlineData("moving right|top2|moving left|1", new[] { 1, 2, 0 })]
    [InlineData("2|top", new[] { 2 })]
    public void Classes_are_selected_in_the_order_asked_and_once(string requests, int[] expected)
    {
        var selection = ClassSelection.Parse(
            requests.Split('|', StringSplitOptions.RemoveEmptyEntries), Load(new TestPackage()));

        Assert.Equal(expected, selection.In(Ranked));
    }

    [Theory]
    [InlineData("moving", "moving left, moving right")]
    [InlineData("RIGHT", "moving right")]
    [InlineData("movng lft", "moving left")]
    [InlineData("opneing door", "opening a door")]
    public void An_unknown_class_is_answered_with_those_most_like_it(string request, string suggested)
    {
        var error = Unknown(request);

        Assert.Contains($"has no class '{request}'", error.Message, StringComparison.Ordinal);
        Assert.Contains($"Did you mean: {suggested}?", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("4")]
    [InlineData("-1")]
    [InlineData("top0")]
    [InlineData("top-2")]
    [InlineData("top99999999999")]
    [InlineData("xyzzy")]
    [InlineData("")]
    public void What_resembles_no_class_gets_no_suggestion(string request)
    {
        var error = Unknown(request);

        Assert.Contains("4 names or an index 0 to 3", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Did you mean", error.Message, StringComparison.Ordinal);
    }

    private ClipException Unknown(string request)
    {
        ModelPackage model = Load(new TestPackage());
        var error = Assert.Throws<ClipException>(() => ClassSelection.Parse([request], model));
        Assert.Equal(ClipErrorKind.UnknownClass, error.Kind);
        return error;
    }

    private ModelPackage Load(TestPackage package) => ModelPackage.Load(package.WriteTo(footage.NewFolder("classes")));
}
