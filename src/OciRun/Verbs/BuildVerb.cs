using System.Text;
using OciRun.Build;
using OciRun.Cli;
using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun build.</summary>
internal sealed class BuildVerb : Verb
{
    private readonly CommandOption _tag = new("--tag", "-t") { ValueName = "NAME", Description = "name of the image" };
    private readonly CommandOption _file = new("--file", "-f") { ValueName = "FILE", Description = "Containerfile (default: Dockerfile, then Containerfile of DIR)" };
    private readonly CommandOption _argument = new("--build-arg") { ValueName = "NAME[=VALUE]", IsRepeatable = true, Description = "value for ARG; without a value: as it is in the environment" };
    private readonly CommandOption _target = new("--target") { ValueName = "STAGE", Description = "the stage to build (default: the last)" };
    private readonly CommandOption _noCache = new("--no-cache") { Description = "do every step, also those that have been done before" };
    private readonly CommandOption _network = new("--network") { ValueName = "host|none|PATH", Description = "network of RUN (default: host)" };

    internal BuildVerb() : base("build", "Makes an image of a Containerfile, with the files of a directory.") =>
        Options.AddRange([_tag, _file, _argument, _target, _noCache, _network]);

    internal override string[] Operands => ["DIR"];

    internal override bool IsInterruptible => true;

    internal override int Execute(Invocation call)
    {
        if (OwnNamespace.IsNeeded)
        {
            throw new ContainerException(ErrorCode.Unsupported, "build: needs root: an ordinary user can import, unpack, run, diff and commit images, but not build them yet");
        }

        var options = new BuildOptions(call.Values.Of(_tag) ?? throw Usage.Error(Name, "how is the image to be called? --tag NAME is missing"), PathText.Absolute(call.Operands[0]))
        {
            File = call.Values.Of(_file) is { } file ? PathText.Absolute(file) : null,
            Arguments = Arguments(call.Values),
            Target = call.Values.Of(_target),
            NoCache = call.Values.IsSet(_noCache),
            Network = call.Values.Of(_network) ?? "host",
            Epoch = SourceDateEpoch.Read(Name),
            Say = line => (call.WantsJson ? call.Error : call.Output)(Encoding.UTF8.GetBytes(line + "\n")),
        };
        var runtime = RootDirectory.Prepare(call);
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        StandardStream.EndInput(); // programs of a build get no answers
        if (call.WantsJson)
        {
            // The document is all that standard output has: what programs print is for people.
            using var output = StandardStream.OutputToError();
            Files.Write(output, ImageText.NameJson(ImageBuild.Run(runtime, store, options)), "standard output");
            return 0;
        }

        var image = ImageBuild.Run(runtime, store, options);
        call.Output(Encoding.UTF8.GetBytes($"{image.Name} {image.Digest}\n"));
        return 0;
    }

    private Dictionary<string, string> Arguments(OptionValues values)
    {
        var arguments = new Dictionary<string, string>();
        foreach (string text in values.All(_argument))
        {
            string[] parts = text.Split('=', 2);
            string? value = parts.Length == 2 ? parts[1] : Environment.GetEnvironmentVariable(parts[0]);
            if (parts[0].Length == 0)
            {
                throw Usage.Error(Name, $"invalid value \"{text}\" for --build-arg: it is NAME=VALUE");
            }
            if (value is not null)
            {
                arguments[parts[0]] = value;
            }
        }
        return arguments;
    }
}
