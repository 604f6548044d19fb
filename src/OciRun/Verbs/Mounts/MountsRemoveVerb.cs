using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs.Mounts;

/// <summary>ocirun mounts remove.</summary>
internal sealed class MountsRemoveVerb() : Verb("mounts remove", "Removes what is mounted at paths of the container, or at those that a JSON file of mounts names.")
{
    internal override string[] Operands => ["CONTAINER", "DESTINATION|FILE"];

    internal override bool RepeatsLastOperand => true;

    internal override int Execute(Invocation call)
    {
        var destinations = new List<string>();
        for (int i = 1; i < call.Operands.Count; i++)
        {
            destinations.AddRange(MountText.Destinations(call.Operands[i]));
        }
        MountChanger.Remove(call.Runtime, call.Id, destinations);
        return 0;
    }
}
