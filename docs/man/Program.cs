using OciRun.Man;

if (args.Length != 3)
{
    Console.Error.WriteLine("usage: OciRun.Man DIRECTORY-OF-TEXTS DATE OUTPUT-DIRECTORY");
    return 2;
}
new PageWriter(texts: args[0], date: args[1], output: args[2]).WriteAll();
return 0;
