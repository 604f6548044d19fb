using System.CommandLine;
using OciRun.Conformance;
using OciRun.Conformance.Clauses;

// 0: everything passed or was skipped; 1: a test failed; 2: the suite itself could not run.
var runtime = new Option<string>("--runtime") { Description = "The runtime under test: a path, or a name in PATH", DefaultValueFactory = _ => "runc" };
var rootfs = new Option<string>("--rootfs") { Description = "A directory with busybox and /bin/probe, copied for each container", DefaultValueFactory = _ => "artifacts/test-rootfs" };
var work = new Option<string>("--work") { Description = "Where bundles and state are made, and removed", DefaultValueFactory = _ => Path.GetTempPath() };
var format = new Option<string>("--format") { Description = "tap, junit or json", DefaultValueFactory = _ => "tap" };
format.AcceptOnlyFromAmong("tap", "junit", "json");
var output = new Option<string?>("--output") { Description = "A file instead of standard output" };
var filter = new Option<string?>("--filter") { Description = "Only tests whose name or clause contains the text" };
var tools = new Option<string?>("--runtime-tools") { Description = "Run the *.t programs of this built checkout instead, and sum them up" };
var limit = new Option<double>("--limit") { Description = "Seconds that one of those programs may take", DefaultValueFactory = _ => 120 };
var list = new Option<bool>("--list") { Description = "Print clause, level and test, and run nothing" };
var quotes = new Option<string?>("--check-quotes") { Description = "Compare the clauses with the specification's text in this directory, and run nothing" };
var table = new Option<string[]?>("--table") { Description = "Make the Markdown table of these results (--format json), and run nothing", AllowMultipleArgumentsPerToken = true };

var root = new RootCommand("Tests an OCI runtime against the clauses of the runtime specification: black box, on Linux, as root.")
{
    runtime, rootfs, work, format, output, filter, tools, limit, list, quotes, table,
};
root.SetAction(result => Guarded(() =>
{
    var session = new Session(new SessionOptions(
        result.GetValue(runtime)!, result.GetValue(rootfs)!, result.GetValue(work)!, result.GetValue(format)!, result.GetValue(output), result.GetValue(filter), result.GetValue(limit)));
    if (result.GetValue(tools) is { } checkout)
        return session.RunPrograms(Path.GetFullPath(checkout));
    var clauses = ClauseList.Read();
    if (result.GetValue(quotes) is { } directory)
        return QuoteCheck.Run(clauses, directory);
    if (result.GetValue(list))
        return Session.List(clauses);
    return result.GetValue(table) is { Length: > 0 } files ? session.WriteTable(clauses, files) : session.Run(clauses);
}));
// A wrong command line is no failed test.
var line = root.Parse(args);
int status = line.Invoke();
return line.Errors.Count > 0 ? 2 : status;

static int Guarded(Func<int> action)
{
    try
    {
        return action();
    }
    catch (Exception e) when (e is SuiteException or IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine("conformance: " + e.Message);
        return 2;
    }
}
