using OciRun.Cli;
using OciRun.Linux;

return new Application(StandardStream.WriteOutput, StandardStream.WriteError).Run(args);
