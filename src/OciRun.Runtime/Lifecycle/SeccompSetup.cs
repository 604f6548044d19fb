using System.Buffers;
using System.Text;
using System.Text.Json;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Runtime.Security;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The system call filter of a config, compiled in the parent or taken from the cache.</summary>
internal static class SeccompSetup
{
    /// <param name="config">Whose filter.</param>
    /// <param name="host">Where the cache is.</param>
    /// <param name="state">What the profile's agent is told of the container.</param>
    /// <param name="diagnostics">Warnings and debug lines.</param>
    /// <param name="watch">Is asked in place of each refusal (run --seccomp-trace); null: nobody is.</param>
    /// <param name="text">config.json, for the watch.</param>
    internal static SeccompStep? Prepare(RuntimeConfig config, HostFacts host, string state, Diagnostics diagnostics, SeccompWatch? watch = null, byte[]? text = null)
    {
        if (config.Linux?.Seccomp is null)
        {
            return watch is null ? null : throw new ContainerException(ErrorCode.Seccomp, "/linux/seccomp: is missing: no profile refuses anything, and --seccomp-trace has nothing to tell") { Place = "/linux/seccomp" };
        }

        SeccompPlan? plan = SeccompFilters.Prepare(config.Linux.Seccomp, SeccompFilters.DefaultCacheDirectory(host.IsHostRoot), diagnostics);
        return plan is null ? null
            : watch is not null ? watch.Instrument(plan, config.Linux.Seccomp, text!, diagnostics)
            : new SeccompStep(plan.Program, plan.Flags, plan.Notify ? new PlanDescriptor.SeccompAgent(plan.ListenerPath!) : null, plan.Notify ? AgentState(plan, config.OciVersion!, state) : null);
    }

    /// <summary>The container process state (config-linux.md, S192); the pid is filled in by the stage.</summary>
    private static string AgentState(SeccompPlan plan, string ociVersion, string state)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion"u8, ociVersion);
            json.WriteStartArray("fds"u8);
            json.WriteStringValue("seccompFd"u8);
            json.WriteEndArray();
            json.WritePropertyName("pid"u8);
            json.WriteRawValue(HookState.PidPlaceholder, skipInputValidation: true);
            json.WritePropertyName("state"u8);
            json.WriteRawValue(state, skipInputValidation: true);
            if (!string.IsNullOrEmpty(plan.ListenerMetadata))
            {
                json.WriteString("metadata"u8, plan.ListenerMetadata); // after the pids: a text of the config may look like the placeholder
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
