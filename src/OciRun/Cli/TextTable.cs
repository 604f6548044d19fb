using System.Text;

namespace OciRun.Cli;

/// <summary>Rows of cells under one another.</summary>
internal static class TextTable
{
    private const int Gap = 3;

    /// <summary>Every column but the last is padded to its widest cell and three spaces.</summary>
    /// <param name="rows">The headings first; all of the same length.</param>
    /// <param name="minimumWidth">Of a padded column, with its spaces.</param>
    internal static byte[] Of(string[][] rows, int minimumWidth = 0)
    {
        int[] widths = new int[rows[0].Length - 1];
        for (int column = 0; column < widths.Length; column++)
        {
            widths[column] = minimumWidth;
            foreach (string[] row in rows)
            {
                widths[column] = Math.Max(widths[column], row[column].Length + Gap);
            }
        }
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int column = 0; column < widths.Length; column++)
            {
                text.Append(row[column].PadRight(widths[column]));
            }
            text.Append(row[^1]).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
