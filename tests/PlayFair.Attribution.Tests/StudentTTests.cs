namespace PlayFair.Attribution.Tests;

public class StudentTTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(31)]
    [InlineData(100)]
    [InlineData(10_000)]
    public void The_quantile_holds_95_percent_of_the_distribution(int degreesOfFreedom)
    {
        // The density at 0.95 and beyond changes the probability by less than 0.2 per unit of relative error in t.
        Assert.Equal(0.95, Inside(StudentT.Quantile975(degreesOfFreedom), degreesOfFreedom), 2e-7);
    }

    [Fact]
    public void Quantiles_fall_towards_the_normal_one()
    {
        for (int k = 1; k < 200; k++)
            Assert.True(StudentT.Quantile975(k) > StudentT.Quantile975(k + 1), $"{k}");
        Assert.Equal(1.959963984540054, StudentT.Quantile975(int.MaxValue), 1e-8);
        Assert.Throws<ArgumentOutOfRangeException>(() => StudentT.Quantile975(0));
    }

    /// <summary>
    /// P(|T| ≤ t): with x = √ν·tan θ the density is cos^(ν−1) θ but for its integral, by Simpson's rule.
    /// </summary>
    private static double Inside(double t, int degreesOfFreedom)
    {
        return Integral(Math.Atan(t / Math.Sqrt(degreesOfFreedom))) / Integral(Math.PI / 2);

        double Integral(double end)
        {
            const int Steps = 20_000;
            double step = end / Steps;
            double sum = Density(0) + Density(end);
            for (int i = 1; i < Steps; i++)
                sum += (i % 2 == 1 ? 4 : 2) * Density(i * step);
            return sum * step / 3;
        }

        double Density(double angle) => Math.Pow(Math.Cos(angle), degreesOfFreedom - 1);
    }
}
