using System.Reflection;
using OciRun.Conformance.Clauses;

namespace OciRun.Conformance.Running;

/// <summary>One test: a method and what it is called with.</summary>
internal sealed record Test(string Name, string[] Clauses, Level Level, string? OtherReading, MethodInfo Method, object[] Arguments)
{
    /// <summary>Runs the body in its sandbox and says what became of it. Exceptions of the body other than the two meant are faults of the suite.</summary>
    public (Outcome Outcome, string Text) Run(Sandbox box)
    {
        try
        {
            Method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [box, .. Arguments], null);
            return (Outcome.Pass, "");
        }
        catch (ClauseViolatedException e) when (OtherReading is not null)
        {
            return (Outcome.Differ, $"{e.Message} ({OtherReading})");
        }
        catch (ClauseViolatedException e)
        {
            return (Level == Level.Must ? Outcome.Fail : Outcome.Differ, e.Message);
        }
        catch (SkippedException e)
        {
            return (Outcome.Skip, e.Message);
        }
    }
}
