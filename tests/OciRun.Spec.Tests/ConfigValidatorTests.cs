using System.Text;

namespace OciRun.Spec.Tests;

/// <summary>One row a rule: what is written, and the finding it gives. The good rows beside them give none.</summary>
public sealed class ConfigValidatorTests
{
    private const string AllNamespaces =
        "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"cgroup\"}]";

    [Theory]
    // Version and root.
    [InlineData("{}", "/ociVersion missing", "/root missing")]
    [InlineData("{'ociVersion':'1.0','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'1.02.0','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'v1.0.0','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'1.0.0-','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'1.0.0-01','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'1.0.0-a_b','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'0.5.0','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'2.0.0','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'99999999999.0.0','root':{'path':'r'}}", "/ociVersion oci-version")]
    [InlineData("{'ociVersion':'1.0.0','root':{'path':'r'}}")]
    [InlineData("{'ociVersion':'1.99.0-rc.1+dev.007','root':{'path':'r'}}")]
    [InlineData("{'ociVersion':'1.0.2-dev','root':{}}", "/root/path missing")]
    [InlineData("{'ociVersion':'1.0.2-dev','root':{'path':''}}", "/root/path missing")]
    [InlineData("{'ociVersion':'1.0.2-dev','root':{'path':'a\\u0000b'}}", "/root/path nul-byte")]
    public void Validate_Document(string json, params string[] expected) => Findings(json).Should().Equal(expected);

    [Theory]
    // Names of the host, annotations.
    [InlineData("'hostname':'a'")]
    [InlineData("'hostname':'','domainname':''")]
    [InlineData("'hostname':'a\\u0000'", "/hostname nul-byte")]
    [InlineData("'hostname':'0123456789012345678901234567890123456789012345678901234567890123'")]
    [InlineData("'hostname':'01234567890123456789012345678901234567890123456789012345678901234'", "/hostname too-long")]
    [InlineData("'domainname':'01234567890123456789012345678901234567890123456789012345678901234'", "/domainname too-long")]
    [InlineData("'annotations':{'a':'','b':'\\u0000'}")]
    [InlineData("'annotations':{'':'x'}", "/annotations/ malformed")]
    // Mounts.
    [InlineData("'mounts':[{'destination':'/','type':'overlay','source':'overlay','options':['lowerdir=/a']}]")]
    [InlineData("'mounts':[{'type':'tmpfs'}]", "/mounts/0/destination missing")]
    [InlineData("'mounts':[{'destination':'proc','type':'proc'}]", "/mounts/0/destination deprecated warn")]
    [InlineData("'mounts':[{'destination':'/a\\u0000','type':'proc'}]", "/mounts/0/destination nul-byte")]
    [InlineData("'mounts':[{'destination':'/a'}]", "/mounts/0/type missing")]
    [InlineData("'mounts':[{'destination':'/a','options':['remount','ro']}]")]
    [InlineData("'mounts':[{'destination':'/a','type':'bind','source':'/b'}]", "/mounts/0/type bind-option-missing")]
    [InlineData("'mounts':[{'destination':'/a','type':'bind','source':'/b','options':['rbind','ro']}]")]
    [InlineData("'mounts':[{'destination':'/a','type':'nonsense','source':'b','options':['bind']}]")]
    [InlineData("'mounts':[{'destination':'/a','options':['bind']}]", "/mounts/0/source missing")]
    [InlineData("'mounts':[{'destination':'/a','source':'/b','options':['bind','mode=1','nosiud']}]", "/mounts/0/options conflict", "/mounts/0/options conflict (nosuid)")]
    [InlineData("'mounts':[{'destination':'/a','type':'tmpfs','options':['tmpcopyup']}]")]
    [InlineData("'mounts':[{'destination':'/a','type':'proc','options':['tmpcopyup']}]", "/mounts/0/options no-effect warn")]
    [InlineData("'mounts':[{'destination':'/a','type':'tmpfs','options':['a\\u0000b']}]", "/mounts/0/options/0 nul-byte")]
    [InlineData("'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap']}]", "/mounts/0/options id-mappings-missing")]
    [InlineData("'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap'],'uidMappings':[{'containerID':0,'hostID':1,'size':1}],'gidMappings':[{'containerID':0,'hostID':1,'size':1}]}]")]
    [InlineData("'mounts':[{'destination':'/a','source':'/b','options':['bind'],'uidMappings':[{'containerID':0,'hostID':1,'size':1}],'gidMappings':[{'containerID':0,'hostID':1,'size':1}]}]", "/mounts/0/options missing warn")]
    [InlineData("'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap'],'uidMappings':[{'containerID':0,'hostID':1,'size':0}]}]", "/mounts/0/gidMappings id-mappings-missing", "/mounts/0/uidMappings/0/size id-mapping-invalid")]
    [InlineData("'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap=uids=0-1-1;gids=0-1-1']}]")]
    [InlineData("'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap=nonsense']}]", "/mounts/0/options malformed")]
    [InlineData("'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap=uids=0-1-0;gids=0-1-1']}]", "/mounts/0/options/0/size id-mapping-invalid")]
    // Hooks.
    [InlineData("'hooks':{'prestart':[{'path':'/a','args':[],'env':['a=b'],'timeout':1}],'poststop':[]}")]
    [InlineData("'hooks':{'prestart':[{}]}", "/hooks/prestart/0/path missing")]
    [InlineData("'hooks':{'createRuntime':[{'path':'a'}]}", "/hooks/createRuntime/0/path not-absolute")]
    [InlineData("'hooks':{'createContainer':[{'path':'/a','timeout':0}]}", "/hooks/createContainer/0/timeout out-of-range")]
    [InlineData("'hooks':{'startContainer':[{'path':'/a','timeout':-1}]}", "/hooks/startContainer/0/timeout out-of-range")]
    [InlineData("'hooks':{'poststart':[{'path':'/a'},{'path':'/b','env':['x']}]}", "/hooks/poststart/1/env/0 malformed")]
    [InlineData("'hooks':{'poststop':[{'path':'/a','args':['\\u0000']}]}", "/hooks/poststop/0/args/0 nul-byte")]
    public void Validate_Members(string members, params string[] expected) =>
        Findings($"{{'ociVersion':'1.3.0','root':{{'path':'r'}},'linux':{{{AllNamespaces}}},{members}}}").Should().Equal(expected);

    [Theory]
    [InlineData("'hostname':'a','domainname':'b'", "/hostname namespace-missing", "/domainname namespace-missing")]
    [InlineData("'linux':{'maskedPaths':['/a'],'readonlyPaths':['/b']}", "/linux/maskedPaths namespace-missing", "/linux/readonlyPaths namespace-missing")]
    [InlineData("'linux':{'maskedPaths':[],'readonlyPaths':[]}")]
    [InlineData("'linux':{'netDevices':{'eth0':{}}}", "/linux/netDevices namespace-missing")]
    [InlineData("'linux':{'timeOffsets':{'monotonic':{'secs':1}}}", "/linux/timeOffsets namespace-missing")]
    [InlineData("'linux':{'namespaces':[{'type':'time','path':'/x'}],'timeOffsets':{'monotonic':{'secs':1}}}", "/linux/timeOffsets namespace-missing")]
    [InlineData("'linux':{'namespaces':[{'type':'time'}],'timeOffsets':{'monotonic':{'secs':-1,'nanosecs':999999999}}}")]
    [InlineData("'linux':{'namespaces':[{'type':'time'}],'timeOffsets':{'boottime':{'nanosecs':1000000000}}}", "/linux/timeOffsets/boottime/nanosecs out-of-range")]
    [InlineData("'linux':{'namespaces':[{'type':'time'}],'timeOffsets':{'bootime':{}}}", "/linux/timeOffsets/bootime unknown-value (boottime)")]
    // Namespaces.
    [InlineData("'linux':{'namespaces':[{'type':'pid'},{'type':'pid','path':'/x'}]}", "/linux/namespaces/1/type duplicate")]
    [InlineData("'linux':{'namespaces':[{'type':'network','path':'/run/netns/x'},{'type':'user','path':'/proc/1/ns/user'}]}")]
    [InlineData("'linux':{'namespaces':[{'type':'net'},{'type':'mnt'},{'type':'mounts'},{}]}", "/linux/namespaces/0/type unknown-value (network)", "/linux/namespaces/1/type unknown-value (mount)", "/linux/namespaces/2/type unknown-value (mount)", "/linux/namespaces/3/type missing")]
    [InlineData("'linux':{'namespaces':[{'type':'ipc','path':'x'},{'type':'uts','path':''}]}", "/linux/namespaces/0/path not-absolute")]
    // User namespace mappings.
    [InlineData("'linux':{'namespaces':[{'type':'user'}]}", "/linux/uidMappings id-mappings-missing")]
    [InlineData("'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':1,'size':1}]}", "/linux/gidMappings id-mappings-missing")]
    [InlineData("'linux':{'uidMappings':[{'containerID':0,'hostID':1,'size':1}]}", "/linux/uidMappings id-mappings-missing")]
    [InlineData("'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':1000,'size':1},{'containerID':1,'hostID':100000,'size':65536}],'gidMappings':[{'containerID':0,'hostID':0,'size':4294967295}]}")]
    [InlineData("'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':5,'size':10},{'containerID':9,'hostID':100,'size':1}],'gidMappings':[{'containerID':0,'hostID':5,'size':10},{'containerID':10,'hostID':14,'size':1}]}", "/linux/uidMappings/1/containerID id-mapping-invalid", "/linux/gidMappings/1/hostID id-mapping-invalid")]
    [InlineData("'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':1,'hostID':0,'size':4294967295}],'gidMappings':[{'containerID':0,'hostID':4294967295,'size':1}]}", "/linux/uidMappings/0/size id-mapping-invalid", "/linux/gidMappings/0/size id-mapping-invalid")]
    [InlineData("'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':1,'size':10}],'gidMappings':[{'containerID':0,'hostID':1,'size':10}],'devices':[{'path':'/d','type':'p','uid':10,'gid':3}]},'process':{'cwd':'/','args':['a'],'user':{'uid':9,'gid':10,'additionalGids':[9,11]}}", "/process/user/gid id-unmapped", "/process/user/additionalGids/1 id-unmapped", "/linux/devices/0/uid id-unmapped")]
    [InlineData("'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':1,'size':10}],'gidMappings':[{'containerID':0,'hostID':1,'size':10}]},'annotations':{'run.oci.keep_original_groups':'1'},'process':{'cwd':'/','args':['a'],'user':{'uid':0,'gid':0,'additionalGids':[11]}}")]
    [InlineData("'linux':{'namespaces':[{'type':'user','path':'/x'}]},'mounts':[{'destination':'/a','source':'/b','options':['bind','ridmap']}]")]
    public void Validate_Namespaces(string members, params string[] expected) =>
        Findings($"{{'ociVersion':'1.3.0','root':{{'path':'r'}},{members}}}").Should().Equal(expected);

    [Theory]
    [InlineData("'cwd':'/','args':['a','']")]
    [InlineData("", "/process/cwd missing", "/process/args missing")]
    [InlineData("'cwd':'a','args':[]", "/process/cwd not-absolute", "/process/args missing")]
    [InlineData("'cwd':'/\\u0000','args':['a\\u0000']", "/process/cwd nul-byte", "/process/args/0 nul-byte")]
    [InlineData("'cwd':'/','args':['a'],'env':['A=','B=c=d','A=2']")]
    [InlineData("'cwd':'/','args':['a'],'env':['A','=b','','C=\\u0000']", "/process/env/0 malformed", "/process/env/1 malformed", "/process/env/2 malformed", "/process/env/3 nul-byte")]
    [InlineData("'cwd':'/','args':['a'],'terminal':true,'consoleSize':{'height':65536,'width':1}", "/process/consoleSize out-of-range")]
    [InlineData("'cwd':'/','args':['a'],'consoleSize':{'height':65536,'width':1}")]
    [InlineData("'cwd':'/','args':['a'],'user':{'uid':4294967295,'gid':4294967295,'additionalGids':[4294967295]}", "/process/user/uid out-of-range", "/process/user/gid out-of-range", "/process/user/additionalGids/0 out-of-range")]
    [InlineData("'cwd':'/','args':['a'],'user':{'umask':511}")]
    [InlineData("'cwd':'/','args':['a'],'user':{'umask':512}", "/process/user/umask out-of-range")]
    [InlineData("'cwd':'/','args':['a'],'capabilities':{}")]
    [InlineData("'cwd':'/','args':['a'],'capabilities':{'bounding':['CAP_KIL','CAP_FUTURE_THING_OF_2030']}", "/process/capabilities/bounding/0 capability-unavailable warn (CAP_KILL)", "/process/capabilities/bounding/1 capability-unavailable warn")]
    [InlineData("'cwd':'/','args':['a'],'capabilities':{'effective':['CAP_KILL'],'ambient':['CAP_CHOWN']}", "/process/capabilities/effective capability-unavailable warn", "/process/capabilities/ambient capability-unavailable warn")]
    [InlineData("'cwd':'/','args':['a'],'capabilities':{'effective':['CAP_KILL'],'permitted':['CAP_KILL'],'inheritable':['CAP_KILL'],'ambient':['CAP_KILL']}")]
    [InlineData("'cwd':'/','args':['a'],'rlimits':[{'type':'RLIMIT_NOFILE','soft':1,'hard':1},{'type':'RLIMIT_CORE','soft':18446744073709551615,'hard':18446744073709551615}]")]
    [InlineData("'cwd':'/','args':['a'],'rlimits':[{'type':'RLIMIT_NOFILE','soft':1,'hard':1},{'type':'RLIMIT_NOFILE','soft':1,'hard':1}]", "/process/rlimits/1/type duplicate")]
    [InlineData("'cwd':'/','args':['a'],'rlimits':[{'type':'RLIMIT_NOFILES','soft':1,'hard':1},{'soft':2,'hard':1}]", "/process/rlimits/0/type unknown-value (RLIMIT_NOFILE)", "/process/rlimits/1/type missing", "/process/rlimits/1/soft conflict")]
    [InlineData("'cwd':'/','args':['a'],'oomScoreAdj':-1000")]
    [InlineData("'cwd':'/','args':['a'],'oomScoreAdj':1001", "/process/oomScoreAdj out-of-range")]
    [InlineData("'cwd':'/','args':['a'],'oomScoreAdj':-1001", "/process/oomScoreAdj out-of-range")]
    [InlineData("'cwd':'/','args':['a'],'selinuxLabel':'a\\nb','apparmorProfile':'a\\u0000'", "/process/selinuxLabel line-break", "/process/apparmorProfile nul-byte")]
    [InlineData("'cwd':'/','args':['a'],'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':7}")]
    [InlineData("'cwd':'/','args':['a'],'ioPriority':{'class':'IOPRIO_CLASS_B','priority':8}", "/process/ioPriority/class unknown-value (IOPRIO_CLASS_BE)", "/process/ioPriority/priority out-of-range")]
    [InlineData("'cwd':'/','args':['a'],'ioPriority':{'priority':-1}", "/process/ioPriority/class missing", "/process/ioPriority/priority out-of-range")]
    [InlineData("'cwd':'/','args':['a'],'execCPUAffinity':{'initial':'0-3,7','final':''}")]
    [InlineData("'cwd':'/','args':['a'],'execCPUAffinity':{'initial':'x','final':'3-1'}", "/process/execCPUAffinity/initial malformed", "/process/execCPUAffinity/final malformed")]
    // Scheduler.
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_OTHER','nice':-20,'priority':0,'flags':['SCHED_FLAG_RESET_ON_FORK']}")]
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'nice':20,'flags':['X']}", "/process/scheduler/flags/0 unknown-value", "/process/scheduler/nice out-of-range", "/process/scheduler/policy missing")]
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_BATCH','priority':1,'runtime':1}", "/process/scheduler/priority conflict", "/process/scheduler conflict")]
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_FIFO','priority':99}")]
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_RR'}", "/process/scheduler/priority out-of-range")]
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_ISO'}", "/process/scheduler/policy unsupported")]
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_DEADLINE','runtime':1024,'deadline':2000,'period':2000}")]
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_DEADLINE','runtime':3000,'deadline':2000,'period':1000}", "/process/scheduler/deadline conflict", "/process/scheduler/period conflict")]
    [InlineData("'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_DEADLINE'}", "/process/scheduler/runtime out-of-range", "/process/scheduler/deadline conflict")]
    public void Validate_Process(string members, params string[] expected)
    {
        Findings($"{{'ociVersion':'1.3.0','root':{{'path':'r'}},'process':{{{members}}}}}").Should().Equal(expected);
        var process = ConfigReader.ReadProcess(Bytes($"{{{members}}}"));
        Describe(ConfigValidator.ValidateProcess(process, null)).Should().Equal(expected.Select(e => e["/process".Length..]), "exec's document is checked alike");
    }

    [Theory]
    // Devices.
    [InlineData("'devices':[{'path':'/dev/fuse','type':'c','major':10,'minor':229,'fileMode':438,'uid':0,'gid':0},{'path':'/x/fifo','type':'p'}]")]
    [InlineData("'devices':[{}]", "/linux/devices/0/path missing", "/linux/devices/0/type missing")]
    [InlineData("'devices':[{'path':'a','type':'x'}]", "/linux/devices/0/path not-absolute", "/linux/devices/0/type unknown-value")]
    [InlineData("'devices':[{'path':'/a','type':'u'}]", "/linux/devices/0/major missing", "/linux/devices/0/minor missing")]
    [InlineData("'devices':[{'path':'/a','type':'b','major':4096,'minor':-1,'fileMode':4096,'uid':4294967295}]", "/linux/devices/0/major out-of-range", "/linux/devices/0/minor out-of-range", "/linux/devices/0/fileMode out-of-range warn", "/linux/devices/0/uid out-of-range")]
    [InlineData("'devices':[{'path':'/a','type':'c','major':1,'minor':3},{'path':'/a','type':'c','major':1,'minor':5},{'path':'/a','type':'u','major':1,'minor':3}]", "/linux/devices/1/path duplicate")]
    [InlineData("'devices':[{'path':'/a','type':'c','major':1,'minor':3},{'path':'/b','type':'c','major':1,'minor':3},{'path':'/c','type':'b','major':1,'minor':3}]", "/linux/devices/1 duplicate warn")]
    // Network devices.
    [InlineData("'netDevices':{'eth0':{'name':'a'},'eth1':{},'eth2':{'name':'x%d'},'eth3':{'name':'x%d'}}")]
    [InlineData("'netDevices':{'eth0':{'name':'eth1'},'eth1':{}}", "/linux/netDevices/eth1/name duplicate")]
    [InlineData("'netDevices':{'0123456789abcdef':{}}", "/linux/netDevices/0123456789abcdef malformed")]
    [InlineData("'netDevices':{'e':{'name':'a/b'},'f':{'name':'..'},'g':{'name':'a b'},'h':{'name':'%dx'},'i':{'name':'a\\u0000'}}", "/linux/netDevices/e/name malformed", "/linux/netDevices/f/name malformed", "/linux/netDevices/g/name malformed", "/linux/netDevices/h/name malformed", "/linux/netDevices/i/name malformed")]
    // Sysctl.
    [InlineData("'sysctl':{'net.ipv4.ip_forward':'1','net/core/somaxconn':'256','kernel.shmmax':'1','fs.mqueue.msg_max':'1','kernel.domainname':'x'}")]
    [InlineData("'sysctl':{'kernel.hostname':'x'}", "/linux/sysctl/kernel.hostname conflict")]
    [InlineData("'sysctl':{'kernel.pid_max':'1'}", "/linux/sysctl/kernel.pid_max sysctl-not-namespaced")]
    [InlineData("'sysctl':{'user.max_mnt_namespaces':'1'}", "/linux/sysctl/user.max_mnt_namespaces sysctl-not-namespaced")]
    [InlineData("'sysctl':{'net/../kernel/core_pattern':'x'}", "/linux/sysctl/net~1..~1kernel~1core_pattern path-traversal")]
    [InlineData("'sysctl':{'net.x\\n':'1','net.y':'\\u0000'}", "/linux/sysctl/net.x\n path-traversal", "/linux/sysctl/net.y nul-byte")]
    // Paths, labels, words.
    [InlineData("'maskedPaths':['/a'],'readonlyPaths':['/b'],'rootfsPropagation':'rslave','mountLabel':'a:b:c:s0:c1,c2','cgroupsPath':'a.slice:b:c'")]
    [InlineData("'maskedPaths':['a'],'readonlyPaths':['','/a\\u0000']", "/linux/maskedPaths/0 not-absolute", "/linux/readonlyPaths/0 missing", "/linux/readonlyPaths/1 nul-byte")]
    [InlineData("'rootfsPropagation':'slaves','mountLabel':'a\\nb'", "/linux/rootfsPropagation unknown-value (slave)", "/linux/mountLabel line-break")]
    [InlineData("'cgroupsPath':'/a/../b'", "/linux/cgroupsPath path-traversal")]
    [InlineData("'cgroupsPath':'..'", "/linux/cgroupsPath path-traversal")]
    [InlineData("'cgroupsPath':'a.slice:..:c'", "/linux/cgroupsPath path-traversal")]
    [InlineData("'cgroupsPath':'/a..b/...'")]
    [InlineData("'cgroupsPath':'/a\\nb'", "/linux/cgroupsPath line-break")]
    [InlineData("'cgroupsPath':'/a\\u0000'", "/linux/cgroupsPath nul-byte")]
    [InlineData("'intelRdt':{'closID':'group','l3CacheSchema':'L3:0=7','memBwSchema':'MB:0=20','schemata':['L2:0=f']}")]
    [InlineData("'intelRdt':{'closID':'/'}")]
    [InlineData("'intelRdt':{'closID':'..'}", "/linux/intelRdt/closID path-traversal")]
    [InlineData("'intelRdt':{'closID':'a/b'}", "/linux/intelRdt/closID path-traversal")]
    [InlineData("'intelRdt':{'closID':'a\\nb'}", "/linux/intelRdt/closID line-break")]
    [InlineData("'intelRdt':{'l3CacheSchema':'x','memBwSchema':'x','schemata':['a','b\\nc']}", "/linux/intelRdt/l3CacheSchema malformed warn", "/linux/intelRdt/memBwSchema malformed", "/linux/intelRdt/schemata/1 line-break")]
    [InlineData("'intelRdt':{'memBwSchema':'MB:0=1\\nMB:1=2'}", "/linux/intelRdt/memBwSchema line-break")]
    [InlineData("'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0-1','flags':['MPOL_F_STATIC_NODES']}")]
    [InlineData("'memoryPolicy':{'mode':'MPOL_PREFERRED'}")]
    [InlineData("'memoryPolicy':{'mode':'MPOL_DEFAULT','nodes':'0'}", "/linux/memoryPolicy/nodes conflict")]
    [InlineData("'memoryPolicy':{'mode':'MPOL_INTERLEAVE'}", "/linux/memoryPolicy/nodes conflict")]
    [InlineData("'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['MPOL_F_STATIC_NODES','MPOL_F_RELATIVE_NODES']}", "/linux/memoryPolicy/flags conflict")]
    [InlineData("'memoryPolicy':{'nodes':'x','flags':['MPOL_F_X']}", "/linux/memoryPolicy/flags/0 unknown-value", "/linux/memoryPolicy/nodes malformed", "/linux/memoryPolicy/mode missing")]
    [InlineData("'personality':{'domain':'LINUX32'}")]
    [InlineData("'personality':{'domain':'LINUX64','flags':['X']}", "/linux/personality/domain unknown-value (LINUX)", "/linux/personality/flags unsupported")]
    [InlineData("'personality':{}", "/linux/personality/domain missing")]
    // Seccomp.
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,'architectures':['SCMP_ARCH_X86_64'],'flags':['SECCOMP_FILTER_FLAG_LOG'],'syscalls':[{'names':['no_such_call'],'action':'SCMP_ACT_TRACE','errnoRet':65535,'args':[{'index':5,'value':18446744073709551615,'valueTwo':1,'op':'SCMP_CMP_MASKED_EQ'}]}]}")]
    [InlineData("'seccomp':{}", "/linux/seccomp/defaultAction missing")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ALOW','architectures':['SCMP_ARCH_X68'],'flags':['X']}", "/linux/seccomp/defaultAction unknown-value (SCMP_ACT_ALLOW)", "/linux/seccomp/architectures/0 unknown-value (SCMP_ARCH_X86)", "/linux/seccomp/flags/0 unknown-value")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','defaultErrnoRet':1}", "/linux/seccomp/defaultErrnoRet seccomp-errno")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':4096}", "/linux/seccomp/defaultErrnoRet out-of-range")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY','listenerPath':'/x'}", "/linux/seccomp/defaultAction unsupported")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{}]}", "/linux/seccomp/syscalls/0/names missing", "/linux/seccomp/syscalls/0/action missing")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':[],'action':'SCMP_ACT_KILL','errnoRet':1,'args':[{'index':6,'value':0,'op':'SCMP_CMP_EG'}]}]}", "/linux/seccomp/syscalls/0/names missing", "/linux/seccomp/syscalls/0/errnoRet seccomp-errno", "/linux/seccomp/syscalls/0/args/0/index out-of-range", "/linux/seccomp/syscalls/0/args/0/op unknown-value (SCMP_CMP_EQ)")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['a'],'action':'SCMP_ACT_NOTIFY'}]}", "/linux/seccomp/listenerPath seccomp-listener")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','listenerMetadata':'x'}", "/linux/seccomp/listenerMetadata seccomp-listener")]
    [InlineData("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','listenerPath':'/x','listenerMetadata':'\\u0000'}")]
    public void Validate_Linux(string members, params string[] expected) =>
        Findings($"{{'ociVersion':'1.3.0','root':{{'path':'r'}},'linux':{{{AllNamespaces},{members}}}}}").Should().Equal(expected);

    [Theory]
    [InlineData("'devices':[{'allow':false,'access':'rwm'},{'allow':true,'type':'a','major':-1,'minor':-1,'access':'r'},{'allow':true,'type':'','access':'w'}]")]
    [InlineData("'devices':[{'allow':false}]", "/devices/0/access missing")]
    [InlineData("'devices':[{'allow':false,'type':'u','major':-2,'minor':-2,'access':'rx'}]", "/devices/0/type unknown-value", "/devices/0/major out-of-range", "/devices/0/minor out-of-range", "/devices/0/access unknown-value")]
    [InlineData("'memory':{'limit':-1,'reservation':0,'swap':-1,'kernel':-1,'kernelTCP':-1,'swappiness':100}")]
    [InlineData("'memory':{'limit':-2,'reservation':-2,'swap':-2,'kernel':-2,'kernelTCP':-2,'swappiness':101}", "/memory/limit out-of-range", "/memory/reservation out-of-range", "/memory/swap out-of-range", "/memory/kernel out-of-range", "/memory/kernelTCP out-of-range", "/memory/swappiness out-of-range")]
    [InlineData("'memory':{'limit':10,'swap':10}")]
    [InlineData("'memory':{'limit':10,'swap':9}", "/memory/swap conflict")]
    [InlineData("'memory':{'limit':-1,'swap':9}", "/memory/swap conflict")]
    [InlineData("'cpu':{'shares':0,'quota':-1,'period':0,'burst':5,'cpus':'0-1','mems':'0','idle':1}")]
    [InlineData("'cpu':{'quota':1000,'period':1000000,'burst':1000}")]
    [InlineData("'cpu':{'quota':999,'period':999,'idle':2,'cpus':'a','mems':'b'}", "/cpu/period out-of-range", "/cpu/quota out-of-range", "/cpu/idle out-of-range", "/cpu/cpus malformed", "/cpu/mems malformed")]
    [InlineData("'cpu':{'quota':1000,'burst':1001,'period':1000001,'realtimeRuntime':2,'realtimePeriod':1}", "/cpu/period out-of-range", "/cpu/burst conflict", "/cpu/realtimeRuntime conflict")]
    [InlineData("'pids':{'limit':0}")]
    [InlineData("'pids':{'limit':-1}")]
    [InlineData("'pids':{'limit':-2}", "/pids/limit out-of-range")]
    [InlineData("'blockIO':{'weight':0,'leafWeight':10,'weightDevice':[{'major':8,'minor':0,'weight':1000}],'throttleReadBpsDevice':[{'major':8,'minor':0,'rate':0}]}")]
    [InlineData("'blockIO':{'weight':9,'leafWeight':1001,'weightDevice':[{'major':-1,'minor':-1},{'major':8,'minor':0,'weight':5,'leafWeight':5}]}", "/blockIO/weight out-of-range", "/blockIO/leafWeight out-of-range", "/blockIO/weightDevice/0/major out-of-range", "/blockIO/weightDevice/0/minor out-of-range", "/blockIO/weightDevice/0 missing", "/blockIO/weightDevice/1/weight out-of-range", "/blockIO/weightDevice/1/leafWeight out-of-range")]
    [InlineData("'blockIO':{'throttleReadBpsDevice':[{'major':-1,'minor':0,'rate':1}],'throttleWriteBpsDevice':[{'major':-1,'minor':0,'rate':1}],'throttleReadIOPSDevice':[{'major':-1,'minor':0,'rate':1}],'throttleWriteIOPSDevice':[{'major':0,'minor':-1,'rate':1}]}", "/blockIO/throttleReadBpsDevice/0/major out-of-range", "/blockIO/throttleWriteBpsDevice/0/major out-of-range", "/blockIO/throttleReadIOPSDevice/0/major out-of-range", "/blockIO/throttleWriteIOPSDevice/0/minor out-of-range")]
    [InlineData("'hugepageLimits':[{'pageSize':'64KB','limit':1},{'pageSize':'2MB','limit':1},{'pageSize':'16GB','limit':1}]")]
    [InlineData("'hugepageLimits':[{'pageSize':'64kB','limit':1},{'pageSize':'02MB','limit':1},{'pageSize':'MB','limit':1},{'limit':1},{'pageSize':'2M','limit':1}]", "/hugepageLimits/0/pageSize malformed", "/hugepageLimits/1/pageSize malformed", "/hugepageLimits/2/pageSize malformed", "/hugepageLimits/3/pageSize malformed", "/hugepageLimits/4/pageSize malformed")]
    [InlineData("'network':{'classID':1,'priorities':[{'name':'eth0','priority':1}]}")]
    [InlineData("'network':{'priorities':[{'priority':1},{'name':'a b','priority':1}]}", "/network/priorities/0/name malformed", "/network/priorities/1/name malformed")]
    [InlineData("'rdma':{'mlx5_1':{'hcaHandles':1},'x':{'hcaObjects':1}}")]
    [InlineData("'rdma':{'mlx5_1':{},'a b':{'hcaObjects':1}}", "/rdma/mlx5_1 missing", "/rdma/a b malformed")]
    [InlineData("'unified':{'memory.high':'1','cgroup.freeze':'0\\n'}")]
    [InlineData("'unified':{'../x':'1','..':'1','a/b':'1','':'1','a\\n':'1','x':'\\u0000'}", "/unified/..~1x path-traversal", "/unified/.. path-traversal", "/unified/a~1b path-traversal", "/unified/ path-traversal", "/unified/a\n path-traversal", "/unified/x nul-byte")]
    public void Validate_Resources(string members, params string[] expected)
    {
        Describe(ConfigValidator.ValidateResources(ConfigReader.ReadResources(Bytes($"{{{members}}}")))).Should().Equal(expected);
        Findings($"{{'ociVersion':'1.3.0','root':{{'path':'r'}},'linux':{{'resources':{{{members}}}}}}}").Should().Equal(expected.Select(e => "/linux/resources" + e));
    }

    [Fact]
    public void Validate_SwapWithoutLimit_IsAFaultAtCreateOnly()
    {
        const string Resources = "{'memory':{'swap':9}}";
        Describe(ConfigValidator.ValidateResources(ConfigReader.ReadResources(Bytes(Resources)))).Should().BeEmpty("the present limit may be high enough");
        Findings($"{{'ociVersion':'1.3.0','root':{{'path':'r'}},'linux':{{'resources':{Resources}}}}}").Should().Equal("/linux/resources/memory/swap conflict");
    }

    [Fact]
    public void Validate_DeadlineWithCpuset_IsAFault() =>
        Findings("{'ociVersion':'1.3.0','root':{'path':'r'},'process':{'cwd':'/','args':['a'],'scheduler':{'policy':'SCHED_DEADLINE','runtime':1024,'deadline':2000}},"
            + "'linux':{'resources':{'cpu':{'cpus':'0'}}}}").Should().Equal("/process/scheduler/policy conflict");

    [Theory]
    [InlineData(4095, "")]
    [InlineData(4096, "too-long")]
    [InlineData(70000, "too-long")]
    public void Validate_LongPath_IsRefusedBeyondPathMax(int length, string code)
    {
        string path = "/" + new string('a', length - 1);
        string json = $"{{'ociVersion':'1.3.0','root':{{'path':'{path}'}},'linux':{{'namespaces':[{{'type':'network','path':'{path}'}}]}}}}";
        Findings(json).Should().Equal(code.Length == 0 ? [] : ["/root/path " + code, "/linux/namespaces/0/path " + code]);
    }

    [Fact]
    public void Validate_LongPath_CountsBytesNotCharacters() =>
        Findings($"{{'ociVersion':'1.3.0','root':{{'path':'{new string('é', 2048)}'}}}}").Should().Equal("/root/path too-long");

    [Fact]
    public void Validate_ManyMappings_AreRefused()
    {
        string mappings = string.Join(',', Enumerable.Range(0, 341).Select(i => $"{{'containerID':{i},'hostID':{i + 1000},'size':1}}"));
        Findings($"{{'ociVersion':'1.3.0','root':{{'path':'r'}},'linux':{{'namespaces':[{{'type':'user'}}],'uidMappings':[{mappings}],'gidMappings':[{mappings}]}}}}")
            .Should().Equal("/linux/uidMappings id-mapping-invalid", "/linux/gidMappings id-mapping-invalid");
    }

    [Fact]
    public void Validate_ModelWithNulls_DoesNotThrow()
    {
        // The reader refuses null in arrays; a model made by hand may have it.
        var config = new RuntimeConfig
        {
            Mounts = [null!],
            Hooks = new Hooks { Prestart = [null!] },
            Process = new Process { Args = [null!], Env = [null!], Rlimits = [null!], Capabilities = new Capabilities { Bounding = [null!] } },
            Linux = new LinuxSection
            {
                Namespaces = [null!, new LinuxNamespace { Type = "user" }],
                UidMappings = [null!],
                GidMappings = [null!],
                Devices = [null!],
                MaskedPaths = [null!],
                Sysctl = new() { ["net.a"] = null! },
                NetDevices = new() { ["a"] = null! },
                TimeOffsets = new() { ["monotonic"] = null! },
                Seccomp = new Seccomp { Syscalls = [null!, new SeccompRule { Names = [null!], Args = [null!] }], Architectures = [null!] },
                Resources = new Resources
                {
                    Devices = [null!],
                    HugepageLimits = [null!],
                    Rdma = new() { ["a"] = null! },
                    Unified = new() { ["a"] = null! },
                    BlockIO = new BlockIoResources { WeightDevice = [null!], ThrottleReadBpsDevice = [null!] },
                    Network = new NetworkResources { Priorities = [null!] },
                },
                IntelRdt = new IntelRdt { Schemata = [null!] },
                MemoryPolicy = new MemoryPolicy { Flags = [null!] },
            },
        };
        ConfigValidator.HasFaults(ConfigValidator.Validate(config)).Should().BeTrue();
    }

    [Fact]
    public void WithPositions_FillsInThePlaceInTheText()
    {
        byte[] json = Encoding.UTF8.GetBytes("{\n  \"ociVersion\": \"1.3.0\",\n  \"root\": {\"path\": \"r\"},\n  \"process\": {\"cwd\": \"tmp\"}\n}");
        var findings = ConfigReader.WithPositions(json, ConfigValidator.Validate(ConfigReader.Read(json)));
        findings.Select(f => (f.Path, f.Line, f.Column)).Should().Equal(("/process/cwd", 4, 22), ("/process/args", 4, 14));
        new InvalidConfigException(findings).Message.Should().Be(
            "/process/cwd (line 4, column 22): \"tmp\" is not an absolute path: start it with /; "
            + "/process/args (line 4, column 14): is missing or empty: give the program and its arguments");
    }

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json.Replace('\'', '"'));

    private static IEnumerable<string> Findings(string json)
    {
        var findings = ConfigValidator.Validate(ConfigReader.Read(Bytes(json)));
        foreach (var finding in findings)
        {
            finding.Message.Should().NotBeEmpty().And.NotContainAny("\n", "\0").And.NotEndWith(".");
            finding.Clause.Should().MatchRegex("^config(-linux)?\\.md#[a-z0-9-]+$");
        }
        return Describe(findings);
    }

    private static IEnumerable<string> Describe(IReadOnlyList<Finding> findings) => findings.Select(f =>
        f.Path + " " + f.Code + (f.Level == FindingLevel.Should ? " warn" : "") + (f.Suggestion is null ? "" : $" ({f.Suggestion})"));

    [Theory]
    [InlineData("nosuidd", "nosuid")]
    [InlineData("strictattime", "strictatime")]
    [InlineData("noswap", null)]
    [InlineData("userxattr", null)]
    [InlineData("newinstance", null)]
    [InlineData("volatile", null)]
    [InlineData("nodiscard", null)]
    [InlineData("noacl", null)]
    public void Mount_OptionThatIsNearlyOneOfOurs_IsSuggested(string option, string? suggestion)
    {
        var config = DefaultConfig.Create(cgroupNamespace: true);
        config.Mounts = [new Mount { Destination = "/x", Type = "tmpfs", Source = "x", Options = [option] }];
        ConfigValidator.Validate(config).Select(finding => (finding.Level, finding.Path, finding.Suggestion))
            .Should().Equal(suggestion is null ? [] : [(FindingLevel.Should, "/mounts/0/options", suggestion)]);
    }

    [Fact]
    public void ValidateDocument_Findings_AreInTheOrderOfTheText()
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes("{\"linux\":{\"x\":1},\"process\":{\"cwd\":\"a\",\"args\":[\"b\"]},\"y\":2,\"root\":{\"path\":\"r\"},\"ociVersion\":\"3.0.0\"}");
        ConfigValidator.ValidateDocument(json, out var config).Select(finding => finding.Path).Should().Equal("/linux/x", "/process/cwd", "/y", "/ociVersion");
        config.Should().NotBeNull();
        ConfigValidator.ValidateDocument("{\"linux\":1}"u8, out config).Should().NotBeEmpty();
        config.Should().BeNull();
    }
}
