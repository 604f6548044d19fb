using System.Text;
using OciRun.Build.Containerfile;
using OciRun.Build.Steps;
using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Build;

/// <summary>An image from a Containerfile (E12).</summary>
public static class ImageBuild
{
    private const int MaxFile = 1 << 20;

    private static readonly string[] s_names = ["Dockerfile", "Containerfile"];
    private static readonly string[] s_ignoreNames = [".containerignore", ".dockerignore"];

    /// <summary>Builds an image and puts it into the store.</summary>
    /// <param name="runtime">The options before the verb.</param>
    /// <param name="store">Open.</param>
    /// <param name="options">What, and how.</param>
    /// <exception cref="ContainerException">With file and line: what is wrong with the Containerfile, which is found before anything is done, or which step failed.</exception>
    /// <exception cref="ImageException">An image is missing, or the store cannot be written. What was done by then is found again by the next build.</exception>
    public static StoredImage Run(RuntimeOptions runtime, ImageStore store, BuildOptions options)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ImageName.Check(options.Name);
        var root = Files.TryOpen(SafeFd.CurrentDirectory, options.Context, OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno)
            ?? throw BuildError.Usage($"cannot open the context {Quoting.Quote(options.Context)}: {ErrnoText.Describe(errno)}");
        using var tree = root;
        var (name, text) = ReadFile(root, options);
        var arguments = new BuildArguments(options.Arguments);
        var file = BuildFile.Parse(text, name, arguments);
        List<Stage> stages = file.Needed(file.Target(options.Target));
        BuildLeftovers.Remove(store, runtime.Diagnostics);
        using IDisposable pin = store.Pin();
        using var context = new CopySource(root, "the context", ReadIgnoreFile(root, options, name));
        var session = new BuildSession(runtime, store, options, file, arguments, context);
        StageState state = new StageBuilder(session).Run(stages);
        foreach (string unused in arguments.Unused)
        {
            runtime.Diagnostics.Warn($"--build-arg {Quoting.Escape(unused)}: {Quoting.Escape(name)} has no ARG of this name");
        }

        return store.Add(options.Name, state.Image, state.Steps, state.Settings, state.Created ?? session.Now);
    }

    /// <summary>What the caller names is read wherever it is; what is only in the context, as a stranger's.</summary>
    private static (string Name, string Text) ReadFile(SafeFd root, BuildOptions options)
    {
        if (options.File is not null)
        {
            using SafeFd file = Files.TryOpen(SafeFd.CurrentDirectory, options.File, OpenFlags.ReadOnly, out Errno errno)
                ?? throw BuildError.Usage($"cannot read {Quoting.Quote(options.File)} (--file): {ErrnoText.Describe(errno)}");
            return (options.File, Encoding.UTF8.GetString(Files.ReadAll(file, options.File, MaxFile)));
        }

        foreach (string name in s_names)
        {
            if (TryRead(root, name) is { } text)
            {
                return (name, text);
            }
        }

        throw BuildError.Usage($"{Quoting.Quote(options.Context)} has neither {string.Join(" nor ", s_names)}: name one with --file");
    }

    /// <summary>Beside the Containerfile, with its name, or in the context.</summary>
    private static IgnoreFile ReadIgnoreFile(SafeFd root, BuildOptions options, string name)
    {
        string beside = name + ".dockerignore";
        if (options.File is not null)
        {
            using SafeFd? own = Files.TryOpen(SafeFd.CurrentDirectory, beside, OpenFlags.ReadOnly, out _);
            if (own is not null)
            {
                return new IgnoreFile(Encoding.UTF8.GetString(Files.ReadAll(own, beside, MaxFile)));
            }
        }

        string[] names = options.File is null ? [beside, .. s_ignoreNames] : s_ignoreNames;
        return new IgnoreFile(names.Select(candidate => TryRead(root, candidate)).FirstOrDefault(static text => text is not null) ?? "");
    }

    /// <summary>The text of a regular file of the context; null: there is none.</summary>
    private static string? TryRead(SafeFd root, string name)
    {
        using SafeFd? file = TreeFiles.TryOpen(root, RootedPath.Resolve(root, name), OpenFlags.ReadOnly | OpenFlags.NonBlock | OpenFlags.NoCtty, out _);
        return file is not null && TreeFiles.Facts(file, name).Type == FileType.Regular ? Encoding.UTF8.GetString(Files.ReadAll(file, name, MaxFile)) : null;
    }
}
