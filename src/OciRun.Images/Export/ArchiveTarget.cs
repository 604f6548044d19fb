using System.Globalization;
using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Export;

/// <summary>A tar archive, written beside its place and renamed.</summary>
internal sealed class ArchiveTarget : ExportTarget
{
    private readonly string _path, _temporary;
    private readonly FdWriter _output;
    private readonly TarWriter _writer;
    private readonly HashSet<string> _written = [];
    private bool _finished;

    private ArchiveTarget(string path, string temporary, SafeFd file)
    {
        (_path, _temporary) = (path, temporary);
        _output = new FdWriter(file, path);
        _writer = new TarWriter(_output);
    }

    /// <exception cref="ImageException">It cannot be made.</exception>
    internal static ArchiveTarget Open(string path)
    {
        string temporary = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
        SafeFd file = Files.TryOpen(SafeFd.CurrentDirectory, temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, out var errno, 0x1B6)
            ?? throw new ImageException(ImageError.Usage, $"cannot make the archive {Quoting.Quote(path)}: {ErrnoText.Describe(errno)}");
        return new(path, temporary, file);
    }

    internal override bool Has(string path, long size) => _written.Contains(path);

    internal override void Put(string path, long size, Stream content)
    {
        _written.Add(path);
        _writer.Begin(new TarEntry { Type = TarType.File, Name = path, Mode = 0x1A4, Size = size });
        Copy(content, size, path, _writer.Write);
    }

    internal override void Finish()
    {
        _writer.Finish();
        _output.Flush();
        TreeFiles.Sync(_output.File, _path);
        Files.Rename(SafeFd.CurrentDirectory, _temporary, _path);
        _finished = true;
    }

    public override void Dispose()
    {
        _output.Dispose();
        if (!_finished)
        {
            _ = Files.TryRemove(SafeFd.CurrentDirectory, _temporary);
        }
    }
}
