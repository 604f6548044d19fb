namespace OciRun.Images.Store;

/// <summary>
/// Threads for layers. Image verbs are programs of their own: none of them enters a namespace or waits for a signal, which is why the rest of this program has one thread.
/// </summary>
internal static class Workers
{
    private const int StackSize = 4 << 20; // removing a tree goes as deep as the tree

    /// <summary>Runs a step on a thread of its own.</summary>
    internal static Thread Start(Action step)
    {
#pragma warning disable RS0030 // see above
        var thread = new Thread(() => step(), StackSize) { IsBackground = true };
#pragma warning restore RS0030
        thread.Start();
        return thread;
    }

    /// <summary>How many layers are made at a time.</summary>
    internal static int Count(int layers) => Math.Clamp(Math.Min(Environment.ProcessorCount, layers), 1, 4);
}
