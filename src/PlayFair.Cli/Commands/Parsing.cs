using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace PlayFair.Cli.Commands;

/// <summary>What several options' parsers share.</summary>
internal static class Parsing
{
    /// <summary>The option whose argument is parsed, as <c>--frames</c>.</summary>
    public static string OptionName(ArgumentResult result) => ((OptionResult)result.Parent!).Option.Name;

    /// <summary>Reads a whole number from 1 on; anything else becomes an error of the command line, and null.</summary>
    /// <param name="most">The largest number that is taken.</param>
    /// <param name="expected">What would have been right, in words.</param>
    public static T? Count<T>(ArgumentResult result, T most, string expected)
        where T : struct, IBinaryInteger<T> => Integer(result, T.One, most, expected);

    /// <summary>Reads a whole number in a range; anything else becomes an error, as above.</summary>
    public static T? Integer<T>(ArgumentResult result, T least, T most, string expected)
        where T : struct, IBinaryInteger<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out T number)
            && number >= least && number <= most)
        {
            return number;
        }

        result.AddError($"{OptionName(result)} is '{text}'; expected {expected}.");
        return null;
    }
}
