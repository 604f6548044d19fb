using System.Globalization;
using OciRun.Build.Containerfile;
using OciRun.Images;
using OciRun.Linux;

namespace OciRun.Build.Steps;

/// <summary>COPY and ADD (Dockerfile reference): from the context, a stage or an image; ADD unpacks archives.</summary>
internal sealed class CopyStep
{
    private readonly BuildSession _session;
    private readonly StageState _state;
    private readonly Instruction _instruction;
    private readonly CopySource _source;
    private readonly List<SourceItem> _items = [];
    private readonly string _destination;
    private readonly (uint Uid, uint Gid)? _owner;
    private readonly uint? _mode;

    private CopyStep(BuildSession session, StageState state, Instruction instruction, CopySource source)
    {
        (_session, _state, _instruction, _source) = (session, state, instruction, source);
        string[] words = [.. InstructionRules.CopyWords(instruction).Select(state.Variables.Expand)];
        _destination = RawName.FromText(SettingSteps.Path(state, words[^1]));
        _mode = instruction.Flag("chmod") is { } mode ? InstructionRules.Mode(state.Variables.Expand(mode)) : null;
        _owner = instruction.Flag("chown") is { } owner ? Owner(state.Variables.Expand(owner)) : null;
        foreach (string word in words[..^1])
        {
            _items.AddRange(!InstructionRules.IsRemote(word) ? source.Find(word) : throw new FormatException($"{instruction.Name} {Quoting.Escape(word)}: nothing is fetched from the network"));
        }

        if (_items.Count > 1 && !IsDirectory)
        {
            throw new FormatException($"{instruction.Name} of {_items.Count} files wants a directory as destination: {Quoting.Escape(words[^1])}/");
        }
    }

    /// <summary>By how it is written, it is one.</summary>
    private bool IsDirectory => _destination.EndsWith('/') || _destination.EndsWith("/.", StringComparison.Ordinal);

    internal static void Execute(BuildSession session, Stage stage, StageState state, Instruction instruction)
    {
        CopySource source = instruction.Flag("from") is { } from ? session.From(from, stage) : session.Context;
        try
        {
            var step = new CopyStep(session, state, instruction, source);
            string owner = step._owner is { } ids ? string.Create(CultureInfo.InvariantCulture, $"{ids.Uid}:{ids.Gid}") : "";
            string hash = SourceHash.Of(source, step._items);
            session.Step(state, instruction, [step._destination, owner, StepKey.Text(step._mode), hash], () => session.Write(state, root => step.CopyUnchanged(root, hash)));
        }
        finally
        {
            if (!ReferenceEquals(source, session.Context))
            {
                source.Dispose();
            }
        }
    }

    /// <summary>What is copied is what the key says: a file that is written meanwhile would be found by it ever after.</summary>
    private void CopyUnchanged(SafeFd root, string hash)
    {
        Copy(root);
        if (_source.IsContext && SourceHash.Of(_source, _items) != hash)
        {
            throw new FormatException($"{_instruction.Name}: a file of the context was changed while it was copied: build again");
        }
    }

    private void Copy(SafeFd root)
    {
        var copy = new TreeCopy(_source, root, _owner, _mode, _session.Runtime.Diagnostics.Warn);
        foreach (SourceItem item in _items)
        {
            string destination = RootedPath.Resolve(root, _destination);
            if (item.IsDirectory)
            {
                copy.Run(item, destination);
            }
            else if (_instruction.Name != "ADD" || item.Files[0].Facts.Type != FileType.Regular || !TryUnpack(root, item, destination))
            {
                CopyFile(root, copy, item, destination);
            }
        }
    }

    private void CopyFile(SafeFd root, TreeCopy copy, SourceItem item, string destination)
    {
        bool isDirectory = IsDirectory || TreeFiles.TryFacts(root, destination, out _) is { IsDirectory: true };
        string directory = isDirectory ? destination : RootedPath.Parent(destination);
        RootedPath.MakeDirectories(root, directory, _owner ?? (0, 0));
        copy.Run(item, isDirectory ? RootedPath.Join(directory, item.Name) : destination);
    }

    /// <summary>An archive becomes what is in it, in the destination as a directory.</summary>
    private bool TryUnpack(SafeFd root, SourceItem item, string destination)
    {
        using ScratchDirectory scratch = _session.Store.MakeScratch();
        using (SafeFd file = TreeCopy.OpenSource(_source, item.Files[0]))
        {
            if (!_session.Store.UnpackArchive(file, RawName.Quote(item.Files[0].Path), scratch.Path))
            {
                return false;
            }
        }

        using var unpacked = new CopySource(Files.Open(scratch.Path, OpenFlags.ReadOnly | OpenFlags.Directory), "the archive", null);
        RootedPath.MakeDirectories(root, destination, _owner ?? (0, 0)); // the archive says what is in it, not what it is itself
        new TreeCopy(unpacked, root, _owner, _mode, _session.Runtime.Diagnostics.Warn).Run(unpacked.Find(".")[0], destination);
        return true;
    }

    /// <summary>By the names that the stage knows. A number alone is that of the group, too (Dockerfile reference, COPY --chown).</summary>
    private (uint Uid, uint Gid) Owner(string text)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
        {
            return (number, number);
        }

        IReadOnlyList<string> layers = _state.Lower;
        ImageUser user = ImageUser.Find(text, LayerFiles.Read(layers, "etc/passwd"), LayerFiles.Read(layers, "etc/group"));
        return (user.Uid, user.Gid);
    }
}
