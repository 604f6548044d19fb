namespace OciRun.Conformance.Running;

/// <summary>Makes a static method <c>void Name(Sandbox box, ...)</c> one test of a clause with these arguments; any number of them.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class RowAttribute(string id, params object[] arguments) : Attribute
{
    public string Id { get; } = id;

    public object[] Arguments { get; } = arguments;
}
