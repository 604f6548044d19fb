namespace OciRun.Spec.Validation;

/// <summary>Rules of devices (config-linux.md, Devices; mknod(2)).</summary>
internal static class DeviceRules
{
    private const string Clause = "config-linux.md#devices";

    /// <summary>The kernel's dev_t has 12 bits for the major and 20 for the minor number.</summary>
    private const long MajorMaximum = 4095, MinorMaximum = 1048575;

    private static readonly string[] s_types = ["c", "b", "u", "p"];

    internal static void Apply(FindingCollector findings, Device[]? devices, in Scope scope)
    {
        if (devices is null)
            return;
        var paths = new Dictionary<string, int>(devices.Length);
        var numbers = new Dictionary<(char, long?, long?), int>(devices.Length);
        findings.Push("devices");
        for (int i = 0; i < devices.Length; i++)
        {
            findings.Push(i);
            if (devices[i] is { } device)
            {
                One(findings, device, scope);
                Duplicate(findings, devices, device, i, paths, numbers);
            }
            findings.Pop();
        }
        findings.Pop();
    }

    private static void One(FindingCollector findings, Device device, in Scope scope)
    {
        if (Check.Present(findings, Clause, device.Path, "path", "the absolute path in the container"))
            Check.AbsolutePath(findings, Clause, device.Path, "path");
        if (Check.Word(findings, Clause, device.Type, "type", s_types) && device.Type != "p")
        {
            Number(findings, device.Major, "major", MajorMaximum);
            Number(findings, device.Minor, "minor", MinorMaximum);
        }
        if (device.FileMode > 0xFFF)
        {
            findings.Should(FindingCode.OutOfRange, Clause,
                $"{device.FileMode} has bits that are no permissions, and are ignored: expected at most 4095 (octal 07777; JSON numbers are decimal)", "fileMode");
        }
        if (device.Uid is { } uid)
            ProcessRules.Id(findings, Clause, uid, scope.UidMappings, "user", "uid");
        if (device.Gid is { } gid)
            ProcessRules.Id(findings, Clause, gid, scope.GidMappings, "group", "gid");
    }

    private static void Number(FindingCollector findings, long? number, string member, long maximum)
    {
        if (number is null)
            findings.Must(FindingCode.Missing, Clause, "is missing: every type but p needs it", member);
        else if (number < 0 || number > maximum)
            findings.Must(FindingCode.OutOfRange, Clause, $"{number} is out of range: expected 0 to {maximum}", member);
    }

    private static void Duplicate(FindingCollector findings, Device[] devices, Device device, int index, Dictionary<string, int> paths,
        Dictionary<(char, long?, long?), int> numbers)
    {
        // c and u are the same to the kernel.
        char type = device.Type switch { "c" or "u" => 'c', "b" => 'b', _ => 'p' };
        bool samePath = !paths.TryAdd(device.Path ?? "", index);
        if (samePath && device.Path is not null)
        {
            var other = devices[paths[device.Path]];
            char otherType = other.Type switch { "c" or "u" => 'c', "b" => 'b', _ => 'p' };
            if (otherType != type || other.Major != device.Major || other.Minor != device.Minor)
                findings.Must(FindingCode.Duplicate, Clause,
                    $"{Words.Quote(device.Path)} is another device in entry {paths[device.Path]}: remove one", "path");
        }
        if (type != 'p' && !numbers.TryAdd((type, device.Major, device.Minor), index) && !samePath)
        {
            findings.Should(FindingCode.Duplicate, Clause,
                $"device {device.Major}:{device.Minor} is also entry {numbers[(type, device.Major, device.Minor)]}: the same device should not appear twice");
        }
    }
}
