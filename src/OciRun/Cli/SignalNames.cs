namespace OciRun.Cli;
internal static class SignalNames
{
    internal static bool TryParse(string text, out int number)
    {
        number = text switch { "KILL" or "SIGKILL" => 9, "TERM" or "SIGTERM" => 15, "INT" or "SIGINT" => 2, "HUP" or "SIGHUP" => 1, _ => 0 };
        return number > 0 || (int.TryParse(text, System.Globalization.NumberStyles.None, null, out number) && number is > 0 and < 65);
    }
}
