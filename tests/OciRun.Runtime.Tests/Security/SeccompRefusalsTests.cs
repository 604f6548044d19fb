using OciRun.Runtime.Security;

namespace OciRun.Runtime.Tests.Security;

/// <summary>A program that makes up numbers and names of its own does not get our memory.</summary>
public sealed class SeccompRefusalsTests
{
    [Fact]
    public void Add_TooManyKinds_AreCountedInOneRow()
    {
        const int Many = 3 * SeccompRefusals.MaxKinds;
        var refusals = new SeccompRefusals();
        for (int round = 0; round < 2; round++)
        {
            for (uint number = 0; number < Many; number++)
            {
                Add(refusals, number, "probe");
            }
        }

        refusals.Rows.Should().HaveCount(SeccompRefusals.MaxKinds + 1);
        refusals.Rows.Take(SeccompRefusals.MaxKinds).Should().OnlyContain(row => row.Count == 2 && !row.IsRest);
        var rest = refusals.Rows[^1];
        (rest.IsRest, rest.Count, rest.Number).Should().Be((true, 2 * (Many - SeccompRefusals.MaxKinds), (uint)SeccompRefusals.MaxKinds));
    }

    [Fact]
    public void Add_AnotherProgram_IsAnotherRow()
    {
        var refusals = new SeccompRefusals();
        Add(refusals, 83, "a");
        Add(refusals, 83, "b");
        Add(refusals, 83, "a");
        refusals.Rows.Select(row => (row.Program, row.Count)).Should().Equal(("a", 2), ("b", 1));
    }

    private static void Add(SeccompRefusals refusals, uint number, string program) =>
        refusals.Add(new(Bpf.X86_64, number, Bpf.Eperm, "", program), () => new(null, number, "x86_64", [], "SCMP_ACT_ERRNO", "EPERM", SeccompReason.Default, "", 1, "", program, 1));
}
