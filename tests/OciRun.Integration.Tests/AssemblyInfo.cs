using System.Runtime.Versioning;
using Xunit.v3;

// Two classes at a time: ids, cgroups and directories of each test are its own.
[assembly: Parallelization(MaxThreads = 2)]
[assembly: SupportedOSPlatform("linux")]
