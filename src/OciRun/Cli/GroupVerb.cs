namespace OciRun.Cli;

/// <summary>A verb that another word completes: <c>image import</c>.</summary>
internal abstract class GroupVerb : Verb
{
    /// <inheritdoc/>
    protected GroupVerb(string name, string description) : base(name, description) => Options.Clear(); // they are the other word's

    /// <summary>The words, in the order in which help lists them.</summary>
    internal abstract string[] Names { get; }

    /// <summary>Builds the verb of a word; null for an unknown one. Its name has both words.</summary>
    internal abstract Verb? Create(string name);

    internal override string[] Operands => ["COMMAND"];

    internal override bool OptionsAfterOperands => false;

    internal sealed override int Execute(Invocation call) => throw Usage.Error(Name, $"unknown command \"{Name} {call.Operands[0]}\"");
}
