using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun validate: the rules that create has, without creating anything.</summary>
public static class BundleValidator
{
    /// <summary>All that is wrong with a bundle, in the order of its config.json.</summary>
    /// <param name="runtime">Whose cgroups.</param>
    /// <param name="directory">Absolute path of the bundle.</param>
    /// <param name="host">Also what this machine has not, or cannot do.</param>
    /// <exception cref="ContainerException">There is no config.json, or it cannot be opened.</exception>
    public static IReadOnlyList<Finding> Validate(RuntimeOptions runtime, string directory, bool host)
    {
        byte[] text = Bundle.ReadText(directory, directory + "/config.json");
        IReadOnlyList<Finding> findings = ConfigValidator.ValidateDocument(text, out RuntimeConfig? config);
        // The machine is asked about a config that makes sense: else it is the config that would have to be mended first.
        return host && config is not null && !ConfigValidator.HasFaults(findings)
            ? ConfigValidator.InOrder(text, [.. findings, .. new HostCheck(runtime, new Bundle(directory, text, config)).Run()])
            : findings;
    }
}
