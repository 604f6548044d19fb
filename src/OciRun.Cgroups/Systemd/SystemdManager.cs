using OciRun.Linux;

namespace OciRun.Cgroups.Systemd;

/// <summary>The systemd of the system or of a user, asked over D-Bus (org.freedesktop.systemd1(5)). Every wait ends.</summary>
internal sealed class SystemdManager : IDisposable
{
    private const string Service = "org.freedesktop.systemd1", Object = "/org/freedesktop/systemd1", Manager = "org.freedesktop.systemd1.Manager";
    private const string UnitExists = "org.freedesktop.systemd1.UnitExists", NoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

    private readonly BusConnection _connection;
    private readonly int _patience;

    /// <summary>How the jobs ended that we have heard of, by their path.</summary>
    private readonly Dictionary<string, string> _jobs = new(StringComparer.Ordinal);

    private SystemdManager(BusConnection connection, int patience) => (_connection, _patience) = (connection, patience);

    /// <summary>Connects to the first address where somebody listens.</summary>
    /// <param name="addresses">In this order.</param>
    /// <param name="patience">Milliseconds for connecting, and again for each request.</param>
    /// <exception cref="CgroupException">None does: the message has all of them, and what may be done.</exception>
    internal static SystemdManager Connect(IReadOnlyList<BusAddress> addresses, int patience)
    {
        var refusals = "";
        foreach (var address in addresses)
        {
            var connection = BusConnection.TryOpen(address.Path, patience, out var refusal);
            if (connection is null)
            {
                refusals += $"{(refusals.Length == 0 ? "" : "; ")}{address.Path}: {refusal}";
                continue;
            }
            if (address.IsBus)
            {
                // Nobody waits for these answers: the bus takes messages in their order. The match comes before any call, so that no job ends unheard.
                connection.Send("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello");
                connection.Send(
                    "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", BusMessage.NoReplyExpected,
                    BusValue.Of($"type='signal',interface='{Manager}',member='JobRemoved',path='{Object}'"));
            }
            return new SystemdManager(connection, patience);
        }
        throw new CgroupException(
            $"the systemd cgroup driver cannot reach systemd ({refusals})"
            + (addresses == BusAddress.OfSystem
                ? ": use --cgroup-manager=cgroupfs where systemd is not the init system"
                : ": a user needs a session of systemd (loginctl enable-linger USER, and XDG_RUNTIME_DIR=/run/user/UID); without one use --cgroup-manager=cgroupfs"));
    }

    /// <summary>The control group of the manager itself, which that of its units begin with: empty for that of a system.</summary>
    internal string ControlGroup()
    {
        var reply = Ask("Get(ControlGroup)", "org.freedesktop.DBus.Properties", "Get", BusValue.Of(Manager), BusValue.Of("ControlGroup"));
        var body = new BusReader(reply.Body);
        return body.Signature() == "s" ? body.Text().TrimEnd('/') : throw BusReader.Malformed();
    }

    /// <summary>Makes a transient unit. Properties of ours that this systemd does not know are left out: they are in the cgroup's files as well.</summary>
    /// <returns>The job that starts it.</returns>
    /// <exception cref="CgroupException">There is such a unit, systemd refused a property, or does not answer. Then there is no unit of ours.</exception>
    internal string Start(string unit, List<UnitProperty> properties)
    {
        var wasReset = false;
        while (true)
        {
            var serial = Send("StartTransientUnit", BusValue.Of(unit), BusValue.Of("replace"), Array(properties), BusValue.Array("(sa(sv))", []));
            var reply = Await(serial, $"StartTransientUnit({unit})");
            if (reply.ErrorName == UnitExists && !wasReset)
            {
                // One that has failed stays until somebody has looked at it; it has no processes, and is not missed.
                wasReset = true;
                _ = Await(Send("ResetFailedUnit", BusValue.Of(unit)), $"ResetFailedUnit({unit})");
                continue;
            }
            if (reply.Type == BusMessage.Error)
            {
                var text = ErrorText(reply);
                if (properties.Find(property => IsAbout(text, property.Name)) is not { } refused || reply.ErrorName == UnitExists)
                {
                    throw new CgroupException($"systemd cannot start the unit {unit}: {text}", "/linux/cgroupsPath");
                }
                if (refused.Place is not null)
                {
                    throw new CgroupException($"systemd refuses the property {refused.Name} of the unit {unit}: {text}", refused.Place);
                }
                properties.Remove(refused);
                continue;
            }
            return new BusReader(reply.Body).Text();
        }
    }

    /// <summary>Waits until a unit is active.</summary>
    /// <exception cref="CgroupException">The job failed, or did not end.</exception>
    internal void AwaitStarted(string unit, string job)
    {
        var result = AwaitJob(job, $"starting the unit {unit}");
        if (result != "done")
        {
            throw new CgroupException($"systemd could not start the unit {unit}: its job ended with \"{result}\" (journalctl -u {unit})", "/linux/cgroupsPath");
        }
    }

    /// <summary>Stops a unit and waits until it is gone; one that has failed is forgotten. None of that name is fine.</summary>
    /// <exception cref="CgroupException">systemd does not answer, or refuses.</exception>
    internal void Stop(string unit)
    {
        // Both at once: the stop does not bring a failed unit to an end, the reset does nothing to another.
        var stop = Send("StopUnit", BusValue.Of(unit), BusValue.Of("replace"));
        Send("ResetFailedUnit", BusValue.Of(unit)); // whatever it answers: mostly there is no such unit any more
        var reply = Await(stop, $"StopUnit({unit})");
        if (reply.Type != BusMessage.Error)
        {
            _ = AwaitJob(new BusReader(reply.Body).Text(), $"stopping the unit {unit}");
        }
        else if (reply.ErrorName != NoSuchUnit)
        {
            throw new CgroupException($"systemd cannot stop the unit {unit}: {ErrorText(reply)}");
        }
    }

    /// <summary>Changes properties until the unit ends.</summary>
    /// <exception cref="CgroupException">systemd refused one, or does not answer.</exception>
    internal void SetProperties(string unit, List<UnitProperty> properties)
    {
        while (properties.Count > 0)
        {
            var reply = Await(Send("SetUnitProperties", BusValue.Of(unit), BusValue.Of(true), Array(properties)), $"SetUnitProperties({unit})");
            if (reply.Type != BusMessage.Error)
            {
                return;
            }
            var text = ErrorText(reply);
            if (properties.Find(property => IsAbout(text, property.Name)) is not { } unknown)
            {
                throw new CgroupException($"systemd cannot change the unit {unit}: {text}");
            }
            properties.Remove(unknown);
        }
    }

    /// <summary>Lets systemd move a process into a unit, where the kernel does not let us: between the cgroups of a user's sessions (systemd 238).</summary>
    /// <param name="unit">Of the same user as the process.</param>
    /// <param name="below">A cgroup in that of the unit, absolute as seen from there; empty: the unit's own.</param>
    /// <param name="pid">In our pid namespace, which has to be systemd's.</param>
    internal void Attach(string unit, string below, int pid) =>
        Ask($"AttachProcessesToUnit({unit})", Manager, "AttachProcessesToUnit", BusValue.Of(unit), BusValue.Of(below), BusValue.Array("u", [BusValue.Number('u', (uint)pid)]));

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private uint Send(string member, params IReadOnlyList<BusValue> arguments) => _connection.Send(Service, Object, Manager, member, 0, arguments);

    private BusMessage Ask(string what, string @interface, string member, params IReadOnlyList<BusValue> arguments)
    {
        var reply = Await(_connection.Send(Service, Object, @interface, member, 0, arguments), what);
        return reply.Type != BusMessage.Error ? reply : throw new CgroupException($"systemd refuses {what}: {ErrorText(reply)}");
    }

    private BusMessage Await(uint serial, string what)
    {
        var deadline = Environment.TickCount64 + _patience;
        while (_connection.Receive(deadline) is { } message)
        {
            if (message.ReplySerial == serial && message.Type is BusMessage.Reply or BusMessage.Error)
            {
                return message;
            }
            Note(message);
        }
        throw new CgroupException($"systemd does not answer: {what} over {_connection.Path} has had no reply for {_patience / 1000} s");
    }

    private string AwaitJob(string job, string what)
    {
        var deadline = Environment.TickCount64 + _patience;
        string? result;
        while (!_jobs.TryGetValue(job, out result))
        {
            if (_connection.Receive(deadline) is not { } message)
            {
                throw new CgroupException($"systemd hangs: {what} has not ended after {_patience / 1000} s ({job[(job.LastIndexOf('/') + 1)..]} of \"systemctl list-jobs\")");
            }
            Note(message);
        }
        return result;
    }

    /// <summary>JobRemoved(id, path of the job, unit, result): it may come before the reply with that path.</summary>
    private void Note(BusMessage message)
    {
        if (message is { Type: BusMessage.Signal, Member: "JobRemoved", BodySignature: "uoss" })
        {
            var body = new BusReader(message.Body);
            body.UInt32();
            var job = body.Text();
            body.Text();
            _jobs[job] = body.Text();
        }
    }

    private static BusValue Array(List<UnitProperty> properties) =>
        BusValue.Array("(sv)", properties.ConvertAll(property => BusValue.Struct(BusValue.Of(property.Name), BusValue.Variant(property.Value))));

    private static string ErrorText(BusMessage error)
    {
        var text = error.BodySignature.StartsWith('s') ? new BusReader(error.Body).Text() : "";
        return text.Length == 0 ? error.ErrorName : Quoting.Escape(text);
    }

    /// <summary>The name stands in the text as a word: "Cannot set property AllowedCPUs, or unknown property."</summary>
    private static bool IsAbout(string text, string name)
    {
        var at = text.IndexOf(name, StringComparison.Ordinal);
        return at >= 0 && (at == 0 || !char.IsAsciiLetter(text[at - 1])) && (at + name.Length == text.Length || !char.IsAsciiLetter(text[at + name.Length]));
    }
}
