namespace OciRun.Conformance.Running;

/// <summary>Makes a static method <c>void Name(Sandbox box)</c> the test of these clauses.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClauseAttribute(params string[] ids) : Attribute
{
    public string[] Ids { get; } = ids;
}
