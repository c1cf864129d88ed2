#!/usr/bin/env python3
"""What we read and write of the runtime-spec's JSON, against its schemas (in schema/).

A third opinion is the text of the specification: where it and the schema differ, or where engines
write what neither has, a table here says so with the reason.
"""
import json, os, pathlib, re, subprocess, sys, warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
import results

try:
    import jsonschema
except ImportError:
    jsonschema = None
warnings.filterwarnings("ignore", category=DeprecationWarning)  # RefResolver, still all that Debian 12 has

BASE = "http://schema.test/"


def program(mode, documents=()):
    lines = "".join(json.dumps(d) + "\n" for d in documents)
    run = subprocess.run([os.environ["SPEC_JSON"], mode], input=lines, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def written():
    """(configuration, state, state when stopped, features) with every field."""
    return tuple(map(json.loads, program("write")))


def load(folder):
    return {f.stem: json.loads(f.read_text()) for f in sorted((HERE / "schema" / folder).glob("*.json"))}


def validator(name):
    if not jsonschema:
        raise results.Skip("needs python3-jsonschema")
    files = {BASE + f.name: json.loads(f.read_text()) for f in (HERE / "schema").glob("*.json")}
    resolver = jsonschema.RefResolver(BASE + name, files[BASE + name], store=files)
    return jsonschema.Draft4Validator(files[BASE + name], resolver=resolver)


def test_what_is_written_validates():
    config, state, stopped, features = written()
    validator("config-schema.json").validate(config)
    validator("state-schema.json").validate(state)
    validator("state-schema.json").validate(stopped)
    validator("features-schema.json").validate(features)


# Of other platforms, and what the specification has no value for yet.
NOT_WRITTEN = {"process.commandLine", "process.user.username", "linux.personality.flags",
               "solaris", "windows", "vm", "zos", "freebsd"}


def test_every_property_of_the_schema_is_written():
    files = {f.name: json.loads(f.read_text()) for f in (HERE / "schema").glob("*.json")}
    missing = set()

    def walk(file, schema, values, path):
        while "$ref" in schema:
            other, pointer = schema["$ref"].split("#")
            file = other or file
            schema = files[file]
            for part in pointer.strip("/").split("/"):
                schema = schema[part]
        for part in schema.get("allOf", []) + schema.get("anyOf", []):
            walk(file, part, values, path)
        for key, below in schema.get("properties", {}).items():
            where = f"{path}.{key}".lstrip(".")
            there = [v[key] for v in values if key in v]
            if there:
                walk(file, below, there, where)
            elif where not in NOT_WRITTEN:
                missing.add(where)
        if "items" in schema:
            walk(file, schema["items"], [e for v in values for e in v], path)
        if isinstance(schema.get("additionalProperties"), dict):
            walk(file, schema["additionalProperties"], [e for v in values for e in v.values()], path)

    walk("config-schema.json", files["config-schema.json"], [written()[0]], "")
    assert not missing, sorted(missing)


def test_the_examples_of_the_specification_are_read_and_written_back():
    documents = load("good")
    assert len(documents) > 30
    for name, document, answer in zip(documents, documents.values(), program("read", documents.values())):
        assert answer.startswith("{"), (name, answer)
        if name.startswith("example-"):
            assert json.loads(answer) == document, (name, answer)


# (field, why): refused there; `why` where the schema accepts it.
BAD = {
    "affinity-backwards": ("process.execCPUAffinity.final", "has the letters only"),
    "affinity-letters": ("process.execCPUAffinity.initial", None),
    "annotation-number": ("annotations.a", None),
    "annotation-without-key": ("annotations", "config.md: keys must not be empty"),
    "block-device-without-minor": ("linux.resources.blockIO.weightDevice[0].minor", None),
    "block-device-without-weight": ("linux.resources.blockIO.weightDevice[0]", "config-linux.md: at least one of the two"),
    "block-weight": ("linux.resources.blockIO.weight", None),
    "capability-unknown": ("process.capabilities.bounding[0]", "has no names; a warning where there is a place for it"),
    "cgroups-path-number": ("linux.cgroupsPath", None),
    "clock-fraction": ("linux.timeOffsets.boottime.secs", None),
    "clock-nanoseconds": ("linux.timeOffsets.boottime.nanosecs", "has 32 bits; the kernel refuses a second and more"),
    "clock-unknown": ("linux.timeOffsets.realtime", "has any name; time_namespaces(7) has two"),
    "console-size-large": ("process.consoleSize.height", "a terminal has 16 bits for it"),
    "console-size-text": ("process.consoleSize.height", None),
    "cpu-burst": ("linux.resources.cpu.burst", "config-linux.md: no larger than quota"),
    "cpu-idle": ("linux.resources.cpu.idle", "config-linux.md: 0 or 1"),
    "cpu-list": ("linux.resources.cpu.cpus", "has any text"),
    "cpu-shares": ("linux.resources.cpu.shares", None),
    "device-large-minor": ("linux.devices[0].minor", "the kernel would cut it to 20 bits"),
    "device-mode": ("linux.devices[0].fileMode", None),
    "device-rule-access": ("linux.resources.devices[0].access", "config-linux.md: r, w and m"),
    "device-rule-type": ("linux.resources.devices[0].type", "config-linux.md: a, b or c"),
    "device-rule-without-allow": ("linux.resources.devices[0].allow", None),
    "device-type": ("linux.devices[0].type", None),
    "device-without-major": ("linux.devices[0].major", "config-linux.md: required unless a FIFO"),
    "hook-relative": ("hooks.prestart[0].path", "config.md: must be absolute"),
    "hook-timeout-zero": ("hooks.poststop[0].timeout", None),
    "hostname-number": ("hostname", None),
    "hugepage-size": ("linux.resources.hugepageLimits[0].pageSize", None),
    "hugepage-without-limit": ("linux.resources.hugepageLimits[0].limit", None),
    "io-class": ("process.ioPriority.class", None),
    "io-priority-8": ("process.ioPriority.priority", "config.md: 0 to 7"),
    "io-priority-absent": ("process.ioPriority.priority", "config.md: required"),
    "mapping-past-the-end": ("linux.gidMappings[0].size", "does not add"),
    "mapping-without-size": ("linux.uidMappings[0].size", None),
    "masked-path-relative": ("linux.maskedPaths[0]", "config-linux.md: must be absolute"),
    "memory-negative": ("linux.resources.memory.swap", "config-linux.md: bytes or -1"),
    "memory-oom-killer": ("linux.resources.memory.disableOOMKiller", None),
    "memory-policy-flag": ("linux.memoryPolicy.flags[0]", None),
    "memory-policy-mode": ("linux.memoryPolicy.mode", None),
    "memory-swappiness": ("linux.resources.memory.swappiness", "config-linux.md: 0 to 100"),
    "memory-text": ("linux.resources.memory.limit", None),
    "mount-gids-alone": ("mounts[0].uidMappings", "config.md: along with uidMappings"),
    "mount-label-number": ("linux.mountLabel", None),
    "mount-option-number": ("mounts[0].options[0]", None),
    "mount-uids-alone": ("mounts[0].gidMappings", "config.md: along with gidMappings"),
    "mount-without-destination": ("mounts[0].destination", None),
    "namespace-relative": ("linux.namespaces[0].path", "config-linux.md: must be absolute"),
    "namespace-twice": ("linux.namespaces[1].type", "config-linux.md: duplicates are an error"),
    "namespace-unknown": ("linux.namespaces[0].type", None),
    "net-device-name": ("linux.netDevices.eth0.name", "has any text; the kernel refuses this name"),
    "net-device-text": ("linux.netDevices.eth0", None),
    "network-class": ("linux.resources.network.classID", None),
    "network-priority-twice": ("linux.resources.network.priorities[1].name", "which of them counts?"),
    "oom-score": ("process.oomScoreAdj", "has no range; proc(5) has -1000 to 1000"),
    "personality-domain": ("linux.personality.domain", None),
    "personality-flag": ("linux.personality.flags[0]", "config-linux.md: none is supported"),
    "pids-text": ("linux.resources.pids.limit", None),
    "process-without-args": ("process.args", "is also for Windows, which has commandLine"),
    "process-without-cwd": ("process.cwd", None),
    "propagation-unknown": ("linux.rootfsPropagation", None),
    "rdma-empty": ("linux.resources.rdma.mlx5_1", "config-linux.md: at least one of the two"),
    "rdma-negative": ("linux.resources.rdma.mlx5_1.hcaHandles", None),
    "rdt-bandwidth": ("linux.intelRdt.memBwSchema", None),
    "rdt-class-path": ("linux.intelRdt.closID", "would lead out of the resctrl file system"),
    "rdt-line-break": ("linux.intelRdt.schemata[0]", "config-linux.md: must not contain newlines"),
    "rdt-monitoring": ("linux.intelRdt.enableMonitoring", None),
    "readonly-path-number": ("linux.readonlyPaths[0]", None),
    "rlimit-lower-case": ("process.rlimits[0].type", None),
    "rlimit-twice": ("process.rlimits[1].type", "config.md: duplicates are an error"),
    "rlimit-unknown": ("process.rlimits[0].type", "has no names"),
    "rlimit-without-hard": ("process.rlimits[0].hard", None),
    "root-absent": ("root", "is also for Hyper-V, which has none"),
    "root-readonly-text": ("root.readonly", None),
    "root-without-path": ("root.path", None),
    "scheduler-flag": ("process.scheduler.flags[0]", None),
    "scheduler-nice": ("process.scheduler.nice", "has no range; sched(7) has -20 to 19"),
    "scheduler-policy": ("process.scheduler.policy", None),
    "scheduler-runtime": ("process.scheduler.runtime", None),
    "seccomp-action": ("linux.seccomp.syscalls[0].action", None),
    "seccomp-architecture": ("linux.seccomp.architectures[0]", None),
    "seccomp-argument-index": ("linux.seccomp.syscalls[0].args[0].index", "a system call has six arguments"),
    "seccomp-argument-value": ("linux.seccomp.syscalls[0].args[0].value", None),
    "seccomp-default": ("linux.seccomp.defaultAction", None),
    "seccomp-default-errno": ("linux.seccomp.defaultErrnoRet", "config-linux.md: an error where the action takes none"),
    "seccomp-errno": ("linux.seccomp.syscalls[0].errnoRet", "config-linux.md: an error where the action takes none"),
    "seccomp-errno-large": ("linux.seccomp.syscalls[0].errnoRet", "the kernel would return another"),
    "seccomp-flag": ("linux.seccomp.flags[0]", None),
    "seccomp-metadata-alone": ("linux.seccomp.listenerMetadata", "config-linux.md: not without listenerPath"),
    "seccomp-no-names": ("linux.seccomp.syscalls[0].names", None),
    "seccomp-operator": ("linux.seccomp.syscalls[0].args[0].op", None),
    "seccomp-without-default": ("linux.seccomp.defaultAction", None),
    "sysctl-number": ("linux.sysctl.net.ipv4.ip_forward", None),
    "throttle-without-rate": ("linux.resources.blockIO.throttleReadBpsDevice[0].rate", "config-linux.md: required"),
    "unified-number": ("linux.resources.unified.memory.high", None),
    "unified-path": ("linux.resources.unified", "would lead out of the cgroup"),
    "user-group-negative": ("process.user.additionalGids[0]", None),
    "user-umask": ("process.user.umask", "no more bits than umask(2) uses"),
    "user-without-uid": ("process.user.uid", "is also for Windows, which has username"),
    "version-2": ("ociVersion", "knows every version"),
    "version-absent": ("ociVersion", None),
}
# Accepted, while the schema refuses it.
GOOD_BEYOND_THE_SCHEMA = {
    "file-mode-with-type": "engines leave the type of stat(2) in it",
    "nulls": "engines written in Go leave null for what is absent",
    "recursive-propagation": "engines write the names of mount(8)",
}


def test_good_documents_validate():
    check = validator("config-schema.json")
    for name, document in load("good").items():
        errors = [e.message for e in check.iter_errors(document)]
        assert bool(errors) == (name in GOOD_BEYOND_THE_SCHEMA), (name, errors)


def test_bad_documents_are_refused_with_the_field():
    documents = load("bad")
    assert set(documents) == set(BAD), set(documents) ^ set(BAD)
    for name, answer in zip(documents, program("read", documents.values())):
        assert answer == f"refused {BAD[name][0]}", (name, answer)


def test_bad_documents_do_not_validate():
    check = validator("config-schema.json")
    for name, document in load("bad").items():
        assert check.is_valid(document) == (BAD[name][1] is not None), name


# Every place of the full document gets each of these in turn, and the schema and we must agree.
SUBSTITUTES = [None, True, -1, 0, 1.5, 2**64, "x", "", [], {}]
# What a place needs of its neighbours is kept; of these objects only the one member.
CUT = {"", "linux", "linux.resources", "hooks", "process"}
KEPT = {"ociVersion", "root", "args", "cwd", "terminal"}


def places(value, path=()):
    if path:
        yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in below:
        yield from places(member, (*path, key))


def named(path):
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")


def substituted(value, path, new, where=""):
    """A copy with `new` at this path, without what does not matter."""
    if not path:
        return new
    key, *rest = path
    if isinstance(value, list):
        return [substituted(v, rest, new, where) if n == key else v for n, v in enumerate(value)]
    return {k: substituted(v, rest, new, f"{where}.{k}".lstrip(".")) if k == key else v for k, v in value.items()
            if k == key or where not in CUT or k in KEPT}


ID_MAPPING = r"(mounts\[\d\]|linux)\.[ug]idMappings\[\d\]"
NUMBERS = r"linux\.(devices\[\d\]|resources\.blockIO\.\w+\[\d\])\.(major|minor)"

# (fields, values, why): the schema accepts this, we refuse it.
STRICTER = [
    (r"ociVersion", ["x", ""], "must be a version, of which we know 1"),
    (r"root\.path|mounts\[\d\]\.destination", [""], "names nothing"),
    (r"process\.cwd", ["x", ""], "must be absolute (config.md)"),
    (r"hooks\.\w+\[\d\]\.path", ["x", ""], "must be absolute (config.md)"),
    (r"linux\.namespaces\[\d\]\.path", ["x"], "must be absolute (config-linux.md)"),
    (r"linux\.devices\[\d\]\.path", ["x", ""], "is the full path (config-linux.md)"),
    (r"linux\.(masked|readonly)Paths\[\d\]", ["x", ""], "must be absolute (config-linux.md)"),
    (r"process\.user", [{}], "uid and gid are required (config.md)"),
    (r"process\.args", [[]], "at least one is required (config.md)"),
    (r"process\.capabilities\.\w+\[\d\]", ["x", ""], "no capability; a warning where there is a place for it"),
    (r"process\.rlimits\[\d\]\.hard", [0], "the soft limit is higher, which setrlimit(2) refuses"),
    (r"process\.oomScoreAdj", [2**64], "-1000 to 1000 (proc(5))"),
    (r"process\.scheduler\.priority", [-1], "0 to 99 (sched(7))"),
    (r"process\.ioPriority\.priority", [-1], "0 to 7 (config.md)"),
    (r"hooks\.\w+\[\d\]\.timeout", [2**64], "is an int (config.md)"),
    (r"mounts\[\d\]\.[ug]idMappings", [[]], "one needs the other (config.md)"),
    (ID_MAPPING + r"\.size", [0], "the kernel refuses a line of no ids"),
    (NUMBERS, [-1], "no number of a device"),
    (r"linux\.resources\.devices\[\d\]\.(type|access)", ["x"], "a, b, c; letters of rwm (config-linux.md)"),
    (r"linux\.resources\.cpu\.(cpus|mems)|linux\.memoryPolicy\.nodes", ["x"], "a list of numbers (config-linux.md)"),
    (r"linux\.resources\.cpu\.idle", [-1], "0 or 1 (config-linux.md)"),
    (r"linux\.resources\.rdma\.\w+", [{}], "one of the two limits must be there (config-linux.md)"),
    (r"linux\.seccomp\.listenerPath", [""], "required by listenerMetadata (config-linux.md)"),
    (r"linux\.personality", [{}], "domain is required (config-linux.md)"),
    (r"linux\.memoryPolicy", [{}], "mode is required (config-linux.md)"),
]
# The schema refuses this, we accept it.
LAXER = [
    (r".+", [None], "absent: engines written in Go leave null for it"),
    (r"linux\.(rootfsPropagation|intelRdt\.memBwSchema)", [""], "absent: the zero value of Go"),
    (r"linux\.resources\.pids", [{}], "limit is optional (config-linux.md)"),
]


def explained(table, field, new):
    """The numbers of the rules that say this."""
    return [n for n, (fields, values, _) in enumerate(table)
            if re.fullmatch(fields, field) and any(v == new and type(v) is type(new) for v in values)]


def test_every_field_is_checked_as_the_schema_does():
    check = validator("config-schema.json")
    config = written()[0]
    cases = [(named(path), new, substituted(config, path, new)) for path in places(config) for new in SUBSTITUTES]
    wrong, used = [], set()
    for (field, new, document), answer in zip(cases, program("read", [c[2] for c in cases])):
        accepted, valid = answer.startswith("{"), check.is_valid(document)
        if accepted != valid:
            table = LAXER if accepted else STRICTER
            rules = explained(table, field, new)
            used.update((table is LAXER, n) for n in rules)
            if not rules:
                wrong.append(f"{field} = {json.dumps(new)}: {'accepted' if accepted else answer}")
    assert not wrong, "\n".join(wrong)
    unused = [rule for table in (STRICTER, LAXER) for n, rule in enumerate(table) if (table is LAXER, n) not in used]
    assert not unused, unused


if __name__ == "__main__":
    results.main(globals())
