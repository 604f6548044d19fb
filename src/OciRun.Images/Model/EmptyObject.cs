namespace OciRun.Images.Model;

/// <summary><c>{}</c>: Go's set.</summary>
public sealed record EmptyObject;
