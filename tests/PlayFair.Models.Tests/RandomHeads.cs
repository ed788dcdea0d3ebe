namespace PlayFair.Models.Tests;

internal static class RandomHeads
{
    public static float[] Numbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];

    public static TrnScale[] TrnScales(Random random, int featureSize, int hiddenSize, int classCount, int maxScale) =>
    [
        .. Enumerable.Range(1, maxScale).Select(s => new TrnScale(
            Numbers(random, hiddenSize * s * featureSize), Numbers(random, hiddenSize),
            Numbers(random, classCount * hiddenSize), Numbers(random, classCount))),
    ];

    public static TrnHead Trn(Random random, int featureSize, int hiddenSize, int classCount, int maxScale) =>
        new(featureSize, hiddenSize, classCount, TrnScales(random, featureSize, hiddenSize, classCount, maxScale));

    public static TsnHead Tsn(Random random, int featureSize, int classCount) =>
        new(featureSize, classCount, Numbers(random, classCount * featureSize), Numbers(random, classCount));
}
