using System.Buffers.Binary;
using System.Text;

namespace OciRun.Runtime.Init;

/// <summary>Writes a plan in the form that the stage reads: src/native/plan.h.</summary>
internal static class PlanWriter
{
    private const uint Magic = 0x324e4c50;
    internal const int HeaderSize = 40, StepSize = 56;

    /// <param name="steps">In the order of their execution.</param>
    /// <param name="descriptors">The numbers of the plan's descriptors.</param>
    /// <param name="control">The stage's end of the control socket.</param>
    /// <param name="keepFirst">First descriptor that the program keeps.</param>
    /// <param name="keepCount">How many.</param>
    /// <param name="times">Memory for the times of the steps, or -1.</param>
    internal static ReadOnlySpan<byte> Write(List<PlanStep> steps, ReadOnlySpan<int> descriptors, int control, int keepFirst, int keepCount, int times = -1)
    {
        int dataOffset = HeaderSize + (steps.Count * StepSize);
        var plan = new Buffer(dataOffset);
        plan.Append([0, 0, 0, 0, 0, 0, 0, 0]); // offset 0 of the data reads as "absent"; raw data stays aligned
        for (int i = 0; i < steps.Count; i++)
        {
            PlanStep step = steps[i];
            uint s0 = plan.Add(step.S0), s1 = plan.Add(step.S1), s2 = plan.Add(step.S2), s3 = plan.Add(step.S3);
            if (step.Op is PlanOp.Credentials or PlanOp.CapsAgain)
            {
                plan.RelocateGroups(s0);
            }

            Span<byte> at = plan.Bytes.AsSpan(HeaderSize + (i * StepSize), StepSize);
            BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)step.Op);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)step.Flags);
            BinaryPrimitives.WriteInt32LittleEndian(at[4..], step.Descriptor < 0 ? -1 : descriptors[step.Descriptor]);
            BinaryPrimitives.WriteUInt32LittleEndian(at[8..], s0);
            BinaryPrimitives.WriteUInt32LittleEndian(at[12..], s1);
            BinaryPrimitives.WriteUInt32LittleEndian(at[16..], s2);
            BinaryPrimitives.WriteUInt32LittleEndian(at[20..], s3);
            BinaryPrimitives.WriteUInt32LittleEndian(at[24..], step.N0);
            BinaryPrimitives.WriteUInt32LittleEndian(at[28..], step.N1);
            BinaryPrimitives.WriteUInt32LittleEndian(at[32..], step.N2);
            BinaryPrimitives.WriteUInt32LittleEndian(at[36..], step.N3);
            BinaryPrimitives.WriteUInt64LittleEndian(at[40..], step.U0);
            BinaryPrimitives.WriteUInt64LittleEndian(at[48..], step.U1);
        }

        Span<byte> header = plan.Bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)plan.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)steps.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)dataOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], (uint)(plan.Length - dataOffset));
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], control);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], keepFirst);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], keepCount);
        BinaryPrimitives.WriteInt32LittleEndian(header[32..], times);
        return plan.Bytes.AsSpan(0, plan.Length);
    }

    /// <summary>A growing buffer; offsets that it gives are relative to the data area.</summary>
    private sealed class Buffer
    {
        private readonly int _dataOffset;

        internal Buffer(int dataOffset)
        {
            _dataOffset = dataOffset;
            Bytes = new byte[dataOffset + 2048];
            Length = dataOffset;
        }

        internal byte[] Bytes { get; private set; }

        internal int Length { get; private set; }

        internal uint Add(object? value)
        {
            uint offset = (uint)(Length - _dataOffset);
            switch (value)
            {
                case null:
                    return 0;
                case string text:
                    AddText(text);
                    return offset;
                case string[] list:
                    foreach (string text in list)
                    {
                        Append("+"u8); // so that an empty string does not end the list
                        AddText(text);
                    }

                    Append([0]);
                    return offset;
                case byte[] data:
                    Append("\0\0\0\0\0\0\0"u8[..((8 - (Length & 7)) & 7)]);
                    offset = (uint)(Length - _dataOffset);
                    Append(data);
                    return offset;
                default:
                    throw new InvalidOperationException("a plan holds text, lists and bytes, not " + value.GetType());
            }
        }

        /// <summary>struct plan_credentials names its groups by an offset into the data; they follow it.</summary>
        internal void RelocateGroups(uint credentials) =>
            BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(_dataOffset + (int)credentials + 8), credentials + Planning.SecuritySteps.CredentialsSize);

        internal void Append(ReadOnlySpan<byte> data)
        {
            Reserve(data.Length);
            data.CopyTo(Bytes.AsSpan(Length));
            Length += data.Length;
        }

        private void AddText(string text)
        {
            Reserve(Encoding.UTF8.GetMaxByteCount(text.Length) + 1);
            Length += Encoding.UTF8.GetBytes(text, Bytes.AsSpan(Length));
            Bytes[Length++] = 0;
        }

        private void Reserve(int count)
        {
            if (Length + count > Bytes.Length)
            {
                byte[] larger = new byte[Math.Max(Bytes.Length * 2, Length + count)];
                Bytes.AsSpan(0, Length).CopyTo(larger);
                Bytes = larger;
            }
        }
    }
}
