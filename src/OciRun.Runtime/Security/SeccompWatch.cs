using System.Runtime.InteropServices;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Security;

/// <summary>
/// run --seccomp-trace: what a profile refuses is asked of us, and we answer as the profile would have (docs/seccomp.md). The filter that is loaded has
/// SECCOMP_RET_USER_NOTIF wherever the compiled one has an errno or ends the caller; which of them it is for a call, the compiled one says when we run it.
/// </summary>
public sealed class SeccompWatch : IDisposable
{
    private const string Place = "/linux/seccomp";

    private readonly SafeFd _ours;
    private readonly SeccompRefusals _refusals = new();
    private SafeFd? _stageEnd;
    private byte[] _program = [];
    private byte[] _config = [];
    private SeccompRuleSet? _rules;
    private SeccompReasoning? _reasoning;
    private Thread? _thread;
    private Exception? _failure;

    /// <exception cref="LinuxException">No descriptors are left.</exception>
    public SeccompWatch()
    {
        (_ours, _stageEnd) = Sockets.SeqPacketPair();
    }

    /// <summary>What was refused so far, the first first. Complete when the watch has ended.</summary>
    public IReadOnlyList<SeccompRefusal> Refusals => _refusals.Rows;

    /// <summary>The container's init was ended as the profile wants it. Its wait status says SIGKILL, since the init of a namespace takes no other signal.</summary>
    internal bool HasEndedInit { get; private set; }

    /// <summary>The filter to load in place of the profile's.</summary>
    /// <param name="plan">The profile's.</param>
    /// <param name="profile">linux.seccomp.</param>
    /// <param name="config">config.json, for line numbers.</param>
    /// <param name="diagnostics">Debug lines.</param>
    /// <exception cref="ContainerException">The profile has an agent of its own.</exception>
    internal SeccompStep Instrument(SeccompPlan plan, Seccomp profile, byte[] config, Diagnostics diagnostics)
    {
        _rules = SeccompRuleSet.Read(profile);
        RefuseAgents(_rules);
        _config = config;
        _program = plan.Program;
        _reasoning = new SeccompReasoning(_rules, _program);
        uint flags = SeccompSupport.CheckFlags(profile, notify: true, diagnostics);
        // Else a signal would break a call off that is being answered, and it would be made, and counted, again.
        flags |= SeccompKernel.SupportsFlags(flags | SeccompWords.FlagWaitKillable) ? SeccompWords.FlagWaitKillable : 0;
        SafeFd stageEnd = _stageEnd!;
        _stageEnd = null; // the plan closes it
        return new SeccompStep(Asking(_program), flags, new PlanDescriptor.Given(stageEnd), "ocirun run --seccomp-trace");
    }

    /// <summary>Begins to answer. The stage is made already, and hands its listener over when it has loaded the filter.</summary>
    /// <param name="init">pid of the container's init.</param>
    /// <param name="pidfd">The same.</param>
    internal void Start(int init, SafeFd pidfd)
    {
        if (_reasoning is null)
        {
            return;
        }

        // Hooks that run beside the program, its terminal and signals for it have the main thread. What the ban of threads is for is over: the
        // stage is made, and hooks are started by the main thread.
#pragma warning disable RS0030
        _thread = new Thread(() => Run(init, pidfd)) { IsBackground = true };
#pragma warning restore RS0030
        _thread.Start();
    }

    /// <summary>The init has ended: waits until its last calls are in the list.</summary>
    public void End()
    {
        _thread?.Join();
        _thread = null;
    }

    /// <inheritdoc cref="End"/>
    /// <exception cref="ContainerException">Not everything was seen.</exception>
    internal void Finish()
    {
        End();
        if (_failure is { } failure)
        {
            throw new ContainerException(ErrorCode.Seccomp, "--seccomp-trace: the calls of the program could not be watched to the end: " + failure.Message, failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _ours.Dispose();
        _stageEnd?.Dispose();
    }

    private static void RefuseAgents(SeccompRuleSet rules)
    {
        int index = Array.FindIndex(rules.Rules, static rule => rule.Action == SeccompWords.Notify);
        if (index >= 0)
        {
            string place = $"{Place}/syscalls/{index}/action";
            throw new ContainerException(ErrorCode.Unsupported, $"{place}: SCMP_ACT_NOTIFY has an agent that is asked, and a filter has one listener: --seccomp-trace cannot be it as well") { Place = place };
        }
    }

    /// <summary>The program with our question in the place of each refusal.</summary>
    private static byte[] Asking(byte[] program)
    {
        byte[] asking = [.. program];
        foreach (ref var instruction in MemoryMarshal.Cast<byte, BpfInstruction>(asking.AsSpan()))
        {
            if (instruction.Code == BpfInstruction.Return && IsRefusal(instruction.Operand))
            {
                instruction = instruction with { Operand = SeccompWords.Notify };
            }
        }

        return asking;
    }

    /// <summary>SCMP_ACT_TRAP is a signal that tells the program itself, and a tracer or the log have seen the others.</summary>
    private static bool IsRefusal(uint action) => (action & SeccompWords.ActionMask) is SeccompWords.Error or SeccompWords.Kill or SeccompWords.KillProcess;

    private void Run(int init, SafeFd pidfd)
    {
        try
        {
            Span<byte> word = stackalloc byte[64];
            ReceivedMessage message = Sockets.Receive(_ours, word);
            if (message.Descriptor is null)
            {
                return; // it has failed before the filter, and says so elsewhere
            }

            using SeccompListener listener = new(message.Descriptor);
            while (listener.Wait(pidfd) == SeccompListener.Event.Call)
            {
                if (listener.TryReceive(out SeccompNotification notification))
                {
                    Answer(listener, notification, init);
                }
            }
        }
        catch (Exception e) when (e is LinuxException or ContainerException)
        {
            _failure = e; // the listener is closed: refused calls get ENOSYS from here on, and the end of the run says so
        }
    }

    private void Answer(SeccompListener listener, in SeccompNotification notification, int init)
    {
        var data = new SeccompData(notification.Number, notification.Architecture, ((ReadOnlySpan<ulong>)notification.Arguments).ToArray()) { InstructionPointer = notification.InstructionPointer };
        uint action = BpfInterpreter.Run(_program, data);
        using var caller = SeccompCaller.Read(notification.Thread);
        if (!listener.IsWaiting(notification.Id))
        {
            return; // what was read may be another process's
        }

        bool ends = (action & SeccompWords.ActionMask) != SeccompWords.Error;
        bool isKilled = ends && caller.End(); // at once: its numbers are its own for as long as it waits
        HasEndedInit |= ends && caller.Process == init;
        var refusal = Add(data, action, caller, ends);
        _ = listener.TryAnswer(notification.Id, ends ? Errno.EPERM : (Errno)(action & SeccompWords.DataMask));
        if (isKilled || (ends && caller.Ensure()))
        {
            refusal.EndedBySigkill = true;
        }
    }

    private SeccompRefusal Add(SeccompData data, uint action, SeccompCaller caller, bool ends)
    {
        var (match, fault) = Reason(data, action);
        uint token = SeccompReasoning.Token(data);
        return _refusals.Add(new(token, data.Number, action, match.Place, caller.Program), () =>
        {
            string architecture = SyscallNames.Architecture(token);
            string? name = SyscallNames.Name(token, data.Number);
            return new SeccompRefusal(
                name, data.Number, architecture, data.Arguments, SeccompWords.Describe(action), ends ? null : SeccompWords.ErrnoName(action), match.Reason, match.Place,
                ConfigReader.Locate(_config, match.Place).Line, fault ?? Remedy(match, name, architecture), caller.Program, caller.Process);
        });
    }

    // The answer is the program's. Where the profile does not explain it, the row says so: that is no reason to leave the calls after it unanswered.
    private (SeccompMatch Match, string? Fault) Reason(SeccompData data, uint action)
    {
        try
        {
            return (_reasoning!.Answer(data), null);
        }
        catch (ContainerException e)
        {
            return (new SeccompMatch(action, SeccompReason.Unknown, IsCertain: true), e.Message);
        }
    }

    private string Remedy(SeccompMatch match, string? name, string architecture)
    {
        if (match.Reason == SeccompReason.Architecture)
        {
            return $"SCMP_ARCH_{architecture.ToUpperInvariant()} in {Place}/architectures";
        }

        string? add = IsRefusal(_rules!.DefaultAction) || match.Reason != SeccompReason.Rule
            ? name is null ? "another defaultAction: there is no name for a rule" : $$"""{"names": ["{{name}}"], "action": "SCMP_ACT_ALLOW"} in {{Place}}/syscalls""" : null;
        if (match.Reason != SeccompReason.Rule)
        {
            return add!;
        }

        string without = $"{Place}/syscalls/{match.Rule} without \"{_rules.Rules[match.Rule].Names[match.Name]}\"";
        return add is null ? without : $"{without}, and {add}";
    }
}
