using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Build.Steps;

/// <summary>What a copy depends on: names, types, modes, owners, targets, devices, capabilities and content. Not times: a fresh checkout has others.</summary>
internal sealed class SourceHash
{
    private readonly Sha2 _hash = Sha2.Start256();
    private readonly byte[] _buffer = new byte[1 << 17];

    /// <summary>Of all these, in lower case digits.</summary>
    internal static string Of(CopySource source, IEnumerable<SourceItem> items)
    {
        var hash = new SourceHash();
        foreach (SourceItem item in items)
        {
            hash.Text(item.Name);
            foreach (SourceFile file in item.Files)
            {
                hash.File(source, file);
            }
        }

        Span<byte> result = stackalloc byte[Sha2.HashSize256];
        hash._hash.Finish(result);
        return Convert.ToHexStringLower(result);
    }

    private void File(CopySource source, SourceFile file)
    {
        FileFacts facts = file.Facts;
        Text(file.Name);
        Text(string.Create(CultureInfo.InvariantCulture, $"{facts.Mode} {facts.Uid} {facts.Gid} {facts.SpecialMajor} {facts.SpecialMinor}"));
        if (facts.IsDirectory)
        {
            using SafeFd directory = TreeFiles.Open(source.Root, file.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
            Attributes(source, directory);
        }
        else if (facts.Type == FileType.Link)
        {
            using SafeFd link = TreeFiles.Open(source.Root, file.Path, OpenFlags.Path);
            Text(TreeFiles.ReadLink(link, "") ?? "");
        }
        else if (facts.Type == FileType.Regular)
        {
            using SafeFd opened = TreeCopy.OpenSource(source, file);
            Attributes(source, opened);
            Content(opened, file.Path);
        }
    }

    private void Attributes(CopySource source, SafeFd file)
    {
        foreach (var (name, value) in TreeCopy.Attributes(source, file))
        {
            Text(name);
            Data(value);
        }
    }

    private void Content(SafeFd file, string path)
    {
        long offset = 0;
        for (int count; (count = TreeFiles.ReadAt(file, _buffer, offset, path)) > 0; offset += count)
        {
            _hash.Append(_buffer.AsSpan(0, count));
        }

        Number(offset);
    }

    private void Text(string text) => Data(Encoding.UTF8.GetBytes(text));

    private void Data(ReadOnlySpan<byte> data)
    {
        Number(data.Length);
        _hash.Append(data);
    }

    private void Number(long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        _hash.Append(bytes);
    }
}
