using OciRun.Cli;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Verbs.Mounts;

/// <summary>ocirun mounts add.</summary>
internal sealed class MountsAddVerb() : Verb("mounts add", "Mounts files and directories of the host, or those that a JSON file of mounts names.")
{
    internal override string[] Operands => ["CONTAINER", "SOURCE:DESTINATION[:OPTIONS]|FILE"];

    internal override bool RepeatsLastOperand => true;

    internal override int Execute(Invocation call)
    {
        var mounts = new List<Mount>();
        for (int i = 1; i < call.Operands.Count; i++)
        {
            mounts.AddRange(MountText.Read(call.Operands[i]));
        }
        MountChanger.Add(call.Runtime, call.Id, [.. mounts]);
        return 0;
    }
}
