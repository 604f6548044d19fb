namespace OciRun.Cgroups;
