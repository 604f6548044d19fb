namespace OciRun.Runtime;
