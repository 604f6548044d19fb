namespace OciRun.Images.Tar;

/// <summary>An archive that is none, or that no honest program writes. The message has no place yet: who reads the archive knows which one it is.</summary>
internal sealed class TarException(string message) : Exception(message);
