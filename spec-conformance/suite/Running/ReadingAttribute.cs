namespace OciRun.Conformance.Running;

/// <summary>The clause can be read in another way as well, so that not passing is a difference and no failure. The text says which way.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ReadingAttribute(string other) : Attribute
{
    public string Other { get; } = other;
}
