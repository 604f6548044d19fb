using OciRun.Build;
using OciRun.Cli;

namespace OciRun.Verbs;

/// <summary>ocirun diff.</summary>
internal sealed class DiffVerb : Verb
{
    private readonly OutputFormat _format;
    private readonly CommandOption _size = new("--size", "-s") { Description = "with the bytes of each file" };

    internal DiffVerb() : base("diff", "Lists what a container has added (A), changed (C) and deleted (D) in its root filesystem.")
    {
        _format = new OutputFormat(Options, ["table", "json"]);
        Options.Add(_size);
    }

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        string format = _format.Read(call);
        var changes = ContainerChanges.Find(call.Runtime, call.Id);
        call.Output(format == "json" ? ChangeText.Json(changes) : ChangeText.Lines(changes, call.Values.IsSet(_size)));
        return 0;
    }
}
