using System.Runtime.InteropServices;

namespace OciRun.Build.Containerfile;

/// <summary>ARG: what is declared where, and with which value (Dockerfile reference, ARG "Scope"). What is given counts more than the default, which is more than what stands before the first FROM.</summary>
/// <param name="given">--build-arg.</param>
internal sealed class BuildArguments(IReadOnlyDictionary<string, string> given)
{
    private static readonly string[] s_proxies = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

    private readonly HashSet<string> _declared = [];

    /// <summary>As images name it.</summary>
    internal static string Platform { get; } = "linux/" + Architecture;

    /// <summary>What FROM sees.</summary>
    internal Variables Global { get; } = WithPlatform();

    /// <summary>Given, and declared nowhere: sorted.</summary>
    internal IEnumerable<string> Unused => given.Keys.Where(name => !_declared.Contains(name) && !IsProxy(name)).Order(StringComparer.Ordinal);

    /// <summary>Variables of proxies need no ARG; they are no part of what a step depends on, nor of the image.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Proxies => given.Where(argument => IsProxy(argument.Key) && !_declared.Contains(argument.Key)).OrderBy(static argument => argument.Key, StringComparer.Ordinal);

    private static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>ARG before the first FROM.</summary>
    internal void DeclareGlobal(Instruction instruction)
    {
        foreach (var (name, value) in Words.Pairs(instruction.Text, old: false))
        {
            Set(Global, name, value is null ? null : Global.Expand(value));
        }
    }

    /// <summary>ARG in a stage.</summary>
    internal void Declare(Instruction instruction, Variables stage)
    {
        foreach (var (name, value) in Words.Pairs(instruction.Text, old: false))
        {
            Set(stage, name, value is null ? Global.Get(name) : stage.Expand(value));
        }
    }

    private void Set(Variables variables, string name, string? otherwise)
    {
        _declared.Add(name);
        if ((given.GetValueOrDefault(name) ?? otherwise) is { } value)
        {
            variables.SetArgument(name, value);
        }
    }

    private static bool IsProxy(string name) => s_proxies.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static Variables WithPlatform()
    {
        var variables = new Variables();
        foreach (string kind in new[] { "TARGET", "BUILD" })
        {
            variables.SetArgument(kind + "PLATFORM", Platform);
            variables.SetArgument(kind + "OS", "linux");
            variables.SetArgument(kind + "ARCH", Architecture);
            variables.SetArgument(kind + "VARIANT", "");
        }

        return variables;
    }
}
