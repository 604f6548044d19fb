using System.Reflection;
using OciRun.Conformance.Clauses;

namespace OciRun.Conformance.Running;

/// <summary>Finds the tests: every method of this program with <see cref="ClauseAttribute"/> or <see cref="RowAttribute"/>.</summary>
internal static class Catalog
{
    /// <summary>In the order of the clauses.</summary>
    /// <exception cref="SuiteException">A test names an unknown clause, or a clause has neither a test nor a reason, or both.</exception>
    public static List<Test> Find(ClauseList clauses)
    {
        var tests = Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .SelectMany(m => TestsOf(m, clauses)).ToList();
        Compare(clauses, tests);
        var order = clauses.All.Select((c, i) => (c.Id, i)).ToDictionary(p => p.Id, p => p.i);
        return [.. tests.OrderBy(t => order[t.Clauses[0]])];
    }

    private static IEnumerable<Test> TestsOf(MethodInfo method, ClauseList clauses)
    {
        string name = $"{method.DeclaringType!.Name.Replace("Tests", "", StringComparison.Ordinal)}.{method.Name}";
        string? other = method.GetCustomAttribute<ReadingAttribute>()?.Other;
        if (method.GetCustomAttribute<ClauseAttribute>() is { } clause)
            yield return Make(name, clause.Ids, []);
        foreach (var row in method.GetCustomAttributes<RowAttribute>())
            yield return Make($"{name}({string.Join(", ", row.Arguments.Select(Shown))})", [row.Id], row.Arguments);

        Test Make(string test, string[] ids, object[] arguments)
        {
            if (Array.Find(ids, id => !clauses.Has(id)) is { } unknown)
                throw new SuiteException($"{test} names the clause {unknown}, which is in none of spec-conformance/clauses");
            return new Test(test, ids, ids.Max(id => clauses[id].Level), other, method, arguments);
        }
    }

    private static string Shown(object argument) => argument is object[] list ? string.Join(" ", list) : $"{argument}";

    private static void Compare(ClauseList clauses, List<Test> tests)
    {
        var tested = tests.SelectMany(t => t.Clauses).ToHashSet();
        foreach (var clause in clauses.All)
        {
            if (clause.Untested is null && !tested.Contains(clause.Id))
                throw new SuiteException($"the clause {clause.Id} has neither a test nor a reason");
            if (clause.Untested is not null && tested.Contains(clause.Id))
                throw new SuiteException($"the clause {clause.Id} has a test, and a reason why it has none");
        }
    }
}
