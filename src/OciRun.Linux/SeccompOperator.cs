namespace OciRun.Linux;

/// <summary>How a rule compares an argument of a system call: enum scmp_compare of seccomp.h, seccomp_rule_add(3).</summary>
public enum SeccompOperator
{
    /// <summary>Argument is not DatumA.</summary>
    NotEqual = 1,

    /// <summary>Argument is less than DatumA, both unsigned.</summary>
    Less = 2,

    /// <summary>Argument is less than or equal to DatumA, both unsigned.</summary>
    LessOrEqual = 3,

    /// <summary>Argument is DatumA.</summary>
    Equal = 4,

    /// <summary>Argument is greater than or equal to DatumA, both unsigned.</summary>
    GreaterOrEqual = 5,

    /// <summary>Argument is greater than DatumA, both unsigned.</summary>
    Greater = 6,

    /// <summary>Argument, masked with DatumA, is DatumB.</summary>
    MaskedEqual = 7,
}
