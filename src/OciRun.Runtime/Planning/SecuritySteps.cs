using System.Buffers.Binary;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>Credentials and capabilities of the program: struct plan_credentials, and the steps around it (S75 to S81, S85).</summary>
internal static class SecuritySteps
{
    /// <summary>sizeof(struct plan_credentials); the groups follow it.</summary>
    internal const int CredentialsSize = 64;

    private const uint LeaveGroups = 0xffffffff;

    /// <summary>The sets as bits, names that this kernel or this process cannot grant left out and returned (S80: warn, do not fail).</summary>
    internal static CapabilitySets Resolve(Capabilities? capabilities, HostFacts host, List<string> dropped)
    {
        ulong known = host.LastCapability >= 63 ? ulong.MaxValue : (1UL << (int)(host.LastCapability + 1)) - 1;
        // In a new user namespace its root has them all; the kernel decides there.
        ulong grantable = host.IsHostRoot ? host.Capabilities : known;
        if (capabilities is null)
        {
            return default; // nothing is granted, not even in the bounding set (X22)
        }

        ulong bounding = Bits(capabilities.Bounding, grantable, "bounding", dropped);
        ulong permitted = Bits(capabilities.Permitted, grantable, "permitted", dropped);
        ulong inheritable = Bits(capabilities.Inheritable, grantable, "inheritable", dropped);
        ulong effective = Bits(capabilities.Effective, grantable, "effective", dropped);
        ulong ambient = Bits(capabilities.Ambient, grantable, "ambient", dropped);
        return new CapabilitySets(bounding, effective & permitted, permitted, inheritable, ambient & permitted & inheritable);
    }

    /// <summary>struct plan_credentials, followed by the groups.</summary>
    internal static byte[] Credentials(User? user, CapabilitySets sets, HostFacts host, bool keepGroups, bool keepSysAdmin)
    {
        uint[] groups = user?.AdditionalGids ?? [];
        byte[] data = new byte[CredentialsSize + (groups.Length * 4)];
        BinaryPrimitives.WriteUInt32LittleEndian(data, user?.Uid ?? 0);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), user?.Gid ?? 0);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(8), CredentialsSize);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(12), keepGroups ? LeaveGroups : (uint)groups.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(16), sets.Bounding);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(24), sets.Effective);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(32), sets.Permitted);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(40), sets.Inheritable);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(48), sets.Ambient);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(56), keepSysAdmin ? 1u : 0u);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(60), host.LastCapability);
        for (int i = 0; i < groups.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(CredentialsSize + (i * 4)), groups[i]);
        }

        return data;
    }

    private static ulong Bits(string[]? names, ulong grantable, string set, List<string> dropped)
    {
        ulong bits = 0;
        foreach (string name in names ?? [])
        {
            // An unknown name is the validator's to warn of.
            if (!CapabilityNames.TryGetNumber(name, out int number))
            {
                continue;
            }

            if ((grantable >> number & 1) != 0)
            {
                bits |= 1UL << number;
            }
            else
            {
                dropped.Add($"{name} ({set})");
            }
        }

        return bits;
    }
}
