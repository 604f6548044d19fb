using System.Globalization;

namespace OciRun.Cgroups;

/// <summary>A device rule with its defaults filled in.</summary>
/// <param name="Allow">Allowed or denied.</param>
/// <param name="Kinds">Which device nodes.</param>
/// <param name="Major">Major number; -1: every one.</param>
/// <param name="Minor">Minor number; -1: every one.</param>
/// <param name="Access">What the rule speaks of.</param>
/// <param name="Place">Where it stands in config.json.</param>
internal readonly record struct DeviceEntry(bool Allow, DeviceKinds Kinds, long Major, long Minor, DeviceAccess Access, string Place)
{
    /// <summary>It speaks of every device and every access, so nothing before it counts.</summary>
    internal bool IsEverything => Kinds == DeviceKinds.All && Major < 0 && Minor < 0 && Access == DeviceAccess.All;

    /// <summary>Every device that <paramref name="other"/> names is named by this one too.</summary>
    internal bool Covers(in DeviceEntry other) =>
        (Kinds & other.Kinds) == other.Kinds && (Major < 0 || Major == other.Major) && (Minor < 0 || Minor == other.Minor);

    /// <summary>Some device is named by both.</summary>
    internal bool Meets(in DeviceEntry other) =>
        (Kinds & other.Kinds) != 0 && (Major < 0 || other.Major < 0 || Major == other.Major) && (Minor < 0 || other.Minor < 0 || Minor == other.Minor);

    /// <summary>The line that devices.allow and devices.deny of v1 take: <c>c 1:3 rwm</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{KindText} {Number(Major)}:{Number(Minor)} {AccessText}");

    private string KindText => Kinds switch { DeviceKinds.All => "a", DeviceKinds.Block => "b", _ => "c" };

    /// <summary><c>rwm</c>, or what of it.</summary>
    internal string AccessText =>
        ((Access & DeviceAccess.Read) != 0 ? "r" : "") + ((Access & DeviceAccess.Write) != 0 ? "w" : "") + ((Access & DeviceAccess.Mknod) != 0 ? "m" : "");

    private static string Number(long number) => number < 0 ? "*" : number.ToString(CultureInfo.InvariantCulture);
}
