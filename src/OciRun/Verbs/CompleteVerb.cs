using System.Text;
using OciRun.Cli;

namespace OciRun.Verbs;

/// <summary>ocirun complete: asked by the scripts that <c>completion</c> prints. Its operands are a command line up to the word to complete.</summary>
internal sealed class CompleteVerb() : Verb("complete", "Lists the words that may stand at the end of a command line.")
{
    internal override string[] Operands => ["[WORD]"];

    internal override bool RepeatsLastOperand => true;

    internal override bool OptionsAfterOperands => false;

    internal override int Execute(Invocation call)
    {
        call.Output(Encoding.UTF8.GetBytes(Completion.Of([.. call.Operands])));
        return 0;
    }
}
