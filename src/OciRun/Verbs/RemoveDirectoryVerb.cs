using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun remove-directory: the runtime's own, started by it in the user namespace whose ids the files belong to.</summary>
internal sealed class RemoveDirectoryVerb() : Verb("remove-directory", "Removes the directory of a container.")
{
    internal override string[] Operands => ["DIRECTORY"];

    internal override int Execute(Invocation call)
    {
        if (!OwnNamespace.IsInside)
        {
            throw Usage.Error(Name, "is for ocirun itself only");
        }
        RootFilesystem.RemoveDirectory(PathText.Absolute(call.Operands[0]));
        return 0;
    }
}
