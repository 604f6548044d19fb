using System.Text;
using OciRun.Cli;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Verbs;

/// <summary>ocirun ps.</summary>
internal sealed class PsVerb : Verb
{
    private readonly OutputFormat _format;

    internal PsVerb() : base("ps", "Lists the processes of a container.") => _format = new OutputFormat(Options, ["table", "json"]);

    internal override string[] Operands => ["CONTAINER", "[PS OPTION]"];

    internal override bool RepeatsLastOperand => true;

    /// <summary>What follows the id is for ps(1).</summary>
    internal override bool OptionsAfterOperands => false;

    internal override bool IsQuiet => true;

    /// <summary>ps(1) reads what belongs to the container's processes, and may have to wait for them.</summary>
    internal override bool IsInterruptible => true;

    internal override int Execute(Invocation call)
    {
        if (_format.Read(call) == "json")
        {
            call.Output(Numbers(ProcessLister.Pids(call.Runtime, call.Id)));
            return 0;
        }
        string[] arguments = call.Operands.Count > 1 ? [.. call.Operands.Skip(1)] : ["-ef"];
        call.Output(Encoding.UTF8.GetBytes(ProcessLister.Table(call.Runtime, call.Id, arguments)));
        return 0;
    }

    private static ReadOnlySpan<byte> Numbers(List<int> pids)
    {
        var json = new JsonText();
        json.StartArray();
        foreach (int pid in pids)
        {
            json.Item((ulong)pid);
        }
        json.EndArray();
        json.EndLine();
        return json.Written;
    }
}
