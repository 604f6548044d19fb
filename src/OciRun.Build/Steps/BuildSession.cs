using OciRun.Build.Containerfile;
using OciRun.Images;
using OciRun.Images.Changes;
using OciRun.Images.Model;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Build.Steps;

/// <summary>What all steps of a build share.</summary>
internal sealed class BuildSession(RuntimeOptions runtime, ImageStore store, BuildOptions options, BuildFile file, BuildArguments arguments, CopySource context)
{
    private readonly Dictionary<int, StageState> _stages = [];
    private readonly Dictionary<string, StoredImage> _images = [];

    internal RuntimeOptions Runtime => runtime;

    internal ImageStore Store => store;

    internal BuildOptions Options => options;

    internal BuildFile File => file;

    internal BuildArguments Arguments => arguments;

    internal CopySource Context => context;

    /// <summary>RFC 3339.</summary>
    internal string Now => CommitOptions.Created(options.Epoch);

    /// <summary>A stage has been built.</summary>
    internal void Keep(Stage stage, StageState state) => _stages[stage.Index] = state;

    /// <summary>What was kept.</summary>
    internal StageState this[Stage stage] => _stages[stage.Index];

    /// <summary>An image of the store by name, or one of a layout (oci:DIR[:TAG]), taken in for this build. Not of an archive: a stranger could name a device as one.</summary>
    /// <exception cref="ImageException">There is none.</exception>
    internal StoredImage Image(string name)
    {
        if (!_images.TryGetValue(name, out StoredImage? image))
        {
            _images[name] = image = name.StartsWith("oci:", StringComparison.Ordinal) ? store.Borrow(name) : store.Resolve(name);
        }

        return image;
    }

    /// <summary>Does a step, or finds out that it has been done before.</summary>
    /// <param name="state">Before it, and after it.</param>
    /// <param name="instruction">As it is written, for the history.</param>
    /// <param name="parts">What it depends on besides what was before it.</param>
    /// <param name="make">Does it.</param>
    internal void Step(StageState state, Instruction instruction, IEnumerable<string> parts, Func<WrittenLayer?> make)
    {
        Digest key = StepKey.Of([state.Key.ToString(), instruction.Name, .. parts]);
        BuiltStep? known = options.NoCache ? null : store.FindStep(key, state.Layers);
        if (known is not null)
        {
            options.Say("--> using cache");
        }

        BuiltStep step = known ?? new BuiltStep(make(), Now);
        if (step.Layer is { } layer)
        {
            layer.Warnings.ToList().ForEach(runtime.Diagnostics.Warn);
            state.Layers.Add(store.Stack(state.Layers, layer));
        }

        if (known is null)
        {
            store.RecordStep(key, state.Layers, step);
        }

        state.Steps.Add(new NewStep(step.Layer, new HistoryEntry { Created = step.Created, CreatedBy = instruction.ToString() }));
        (state.Key, state.Created) = (key, step.Created);
    }

    /// <summary>Changes files of a stage without running anything in it.</summary>
    /// <param name="state">Before the step.</param>
    /// <param name="change">Gets the root directory: a mount that nobody else sees.</param>
    /// <returns>Null: nothing is changed.</returns>
    internal WrittenLayer? Write(StageState state, Action<SafeFd> change)
    {
        using ScratchDirectory scratch = store.MakeScratch();
        IReadOnlyList<string> lower = state.Lower;
        string upper = scratch.Path + "/upper";
        if (lower.Count > 0)
        {
            RootFilesystem.PrepareUpper(scratch.Path, lower[0]);
            using SafeFd root = RootFilesystem.Mount(lower, scratch.Path, store.UsesUserAttributes);
            change(root);
        }
        else
        {
            RootedPath.Check(Files.TryMakeDirectory(SafeFd.CurrentDirectory, upper, 0x1C0), "mkdir", upper);
            using SafeFd root = Files.Open(upper, OpenFlags.ReadOnly | OpenFlags.Directory);
            Files.ChangeMode(root, 0x1ED, upper);
            change(root);
        }

        using var tree = ChangedTree.OfUpper(upper, lower, new TreeView());
        return store.WriteLayer(tree, options.Epoch);
    }

    /// <summary>What COPY --from names: an earlier stage, by name or number, or an image.</summary>
    internal CopySource From(string name, Stage stage)
    {
        IReadOnlyList<string> lower = file.Find(name, stage.Index) is { } other ? this[other].Lower : Image(name).LowerDirectories;
        return lower.Count > 0
            ? new CopySource(RootFilesystem.Mount(lower, null, store.UsesUserAttributes), Quoting.Escape(name), null)
            : throw new FormatException($"--from={Quoting.Escape(name)} has no files");
    }
}
