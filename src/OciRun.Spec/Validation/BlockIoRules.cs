namespace OciRun.Spec.Validation;

/// <summary>Rules of resources.blockIO (config-linux.md, Block IO).</summary>
internal static class BlockIoRules
{
    private const string Clause = "config-linux.md#block-io";

    internal static void Apply(FindingCollector findings, BlockIoResources? io)
    {
        if (io is null)
            return;
        findings.Push("blockIO");
        Weight(findings, io.Weight, "weight");
        Weight(findings, io.LeafWeight, "leafWeight");
        WeightDevices(findings, io.WeightDevice);
        Throttles(findings, io.ThrottleReadBpsDevice, "throttleReadBpsDevice");
        Throttles(findings, io.ThrottleWriteBpsDevice, "throttleWriteBpsDevice");
        Throttles(findings, io.ThrottleReadIOPSDevice, "throttleReadIOPSDevice");
        Throttles(findings, io.ThrottleWriteIOPSDevice, "throttleWriteIOPSDevice");
        findings.Pop();
    }

    /// <summary>0 stands for "not set": docker writes it into every config.</summary>
    private static void Weight(FindingCollector findings, ushort? weight, string member)
    {
        if (weight is not (null or 0 or >= 10 and <= 1000))
            findings.Must(FindingCode.OutOfRange, Clause, $"{weight} is out of range: expected 10 to 1000", member);
    }

    private static void WeightDevices(FindingCollector findings, WeightDevice[]? devices)
    {
        if (devices is null)
            return;
        findings.Push("weightDevice");
        for (int i = 0; i < devices.Length; i++)
        {
            if (devices[i] is not { } device)
                continue;
            findings.Push(i);
            Numbers(findings, device.Major, device.Minor);
            if (device.Weight is null && device.LeafWeight is null)
                findings.Must(FindingCode.Missing, Clause, "sets nothing: give weight, leafWeight or both");
            Weight(findings, device.Weight, "weight");
            Weight(findings, device.LeafWeight, "leafWeight");
            findings.Pop();
        }
        findings.Pop();
    }

    private static void Throttles(FindingCollector findings, ThrottleDevice[]? devices, string member)
    {
        if (devices is null)
            return;
        findings.Push(member);
        for (int i = 0; i < devices.Length; i++)
        {
            if (devices[i] is not { } device)
                continue;
            findings.Push(i);
            Numbers(findings, device.Major, device.Minor);
            findings.Pop();
        }
        findings.Pop();
    }

    private static void Numbers(FindingCollector findings, long major, long minor)
    {
        if (major < 0)
            findings.Must(FindingCode.OutOfRange, Clause, $"{major} is no device number: expected 0 or more", "major");
        if (minor < 0)
            findings.Must(FindingCode.OutOfRange, Clause, $"{minor} is no device number: expected 0 or more", "minor");
    }
}
