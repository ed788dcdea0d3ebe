namespace PlayFair.Client;

/// <summary>The Link header (RFC 8288), as far as paging needs it.</summary>
internal static class LinkHeader
{
    /// <summary>The next page's address; null where there is none.</summary>
    /// <remarks>
    /// Only the link's query counts: the token goes with every request and nowhere else, and behind a proxy the server
    /// may not know its own address.
    /// </remarks>
    public static string? Next(HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Link", out IEnumerable<string>? values))
            return null;
        Uri asked = answer.RequestMessage!.RequestUri!;
        foreach (string link in values.SelectMany(SplitLinks))
        {
            int end = link.IndexOf('>', StringComparison.Ordinal);
            if (link is ['<', ..] && end > 0 && IsNext(link[(end + 1)..]))
                return new Uri(asked, new Uri(asked, link[1..end]).Query).AbsoluteUri;
        }

        return null;
    }

    private static bool IsNext(string parameters) => parameters.Split(';', StringSplitOptions.TrimEntries)
        .Any(p => p.Replace("\"", "", StringComparison.Ordinal).Equals("rel=next", StringComparison.OrdinalIgnoreCase));

    /// <summary>One header may hold several links, with commas between; addresses may hold commas too.</summary>
    private static IEnumerable<string> SplitLinks(string value)
    {
        int start = 0;
        bool isInside = false;
        for (int i = 0; i < value.Length; i++)
        {
            isInside = value[i] switch
            {
                '<' => true,
                '>' => false,
                _ => isInside,
            };
            if (value[i] == ',' && !isInside)
            {
                yield return value[start..i].Trim();
                start = i + 1;
            }
        }

        yield return value[start..].Trim();
    }
}
