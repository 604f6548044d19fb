namespace OciRun.Integration.Harness;

/// <summary>Base of every black-box test: a sandbox of its own, root, and the search for leaks at the end.</summary>
public abstract class IntegrationTest : IDisposable
{
    private readonly Sandbox? _sandbox;

    protected IntegrationTest()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: containers of these tests have devices and cgroups");
        _sandbox = new Sandbox();
    }

    protected Sandbox Sandbox => _sandbox!;

    protected Container NewContainer() => Sandbox.NewContainer();

    public void Dispose()
    {
        _sandbox?.Dispose();
        GC.SuppressFinalize(this);
    }
}
