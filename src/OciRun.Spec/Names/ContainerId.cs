namespace OciRun.Spec;

/// <summary>The rule for container ids: they become names of directories, cgroups and keyrings.</summary>
public static class ContainerId
{
    /// <summary>NAME_MAX: the id is one path component.</summary>
    public const int MaximumLength = 255;

    /// <summary>Checks an id: letters, digits and <c>_ + . -</c>, neither <c>.</c> nor <c>..</c> (runc's rule).</summary>
    /// <param name="id">What the caller gave.</param>
    /// <returns>Null when it is valid, else one line that says why not.</returns>
    public static string? Validate(string? id)
    {
        if (string.IsNullOrEmpty(id))
            return "container id is empty: give a name of letters, digits and _ + . -";
        if (id.Length > MaximumLength)
            return $"container id is {id.Length} characters long: at most {MaximumLength} are possible";
        if (id is "." or "..")
            return $"container id \"{id}\" is a directory reference: give a name of letters, digits and _ + . -";
        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '+' or '.' or '-'))
                return $"container id {Words.Quote(id)} holds {Words.Quote(c.ToString())}: only letters, digits and _ + . - are allowed";
        }
        return null;
    }
}
