"""A machine of its own for a container engine and its servers. A test calls enter(PROGRAM...) first.

It then runs again, in new mount, network, process, IPC, host name and cgroup namespaces: /run, /var/lib and
/dev/shm are empty, what is written to /etc is not kept, the cgroup hierarchies begin at a group made for it,
and containerlib-runtime (or the runtime that $OCI_RUNTIME names) is in /usr/local/bin, where the files of
examples/clusters expect it. So an engine may use its usual paths, and when the test ends so do all processes,
mounts and networks that it has made.
"""
import contextlib, os, pathlib, pty, shutil, signal, subprocess, sys, tempfile, time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CONTAINERLIB_BUILD", SOURCE / "build"))
EXAMPLES = SOURCE / "examples/clusters"
RUNTIME = "/usr/local/bin/containerlib-runtime"
WORK = pathlib.Path(os.environ.get("CONSUMERS_WORK", "/nonexistent"))
sys.path.insert(0, str(SOURCE / "tests/support"))
import results


def enter(*programs):
    """Returns in the new machine only; the process outside ends here, with what the tests ended with."""
    if "CONSUMERS_WORK" in os.environ:
        furnish()
        become_init()
        return
    if os.geteuid() != 0:
        skip("needs root")
    for program in programs:
        if not shutil.which(program):
            skip(f"{program} is not installed (./dev setup all)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="containerlib-consumers-") as work, own_groups() as groups:
        os.chmod(work, 0o755)
        status = run_inside(work, groups)
    sys.exit(status)


def skip(reason):
    print(reason)
    sys.exit(77)


# The namespace's root is the group itself, but a v2 group that has processes may not hand on controllers.
JOIN = """
for group in $CONSUMERS_GROUPS; do echo $$ >$group/cgroup.procs; done
exec unshare --cgroup sh -ec '
  for group in $CONSUMERS_GROUPS; do [ ! -d $group/init ] || echo $$ >$group/init/cgroup.procs; done
  exec "$@"' sh "$@"
"""


def run_inside(work, groups):
    unshare = ["unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--mount-proc"]
    kept = {name: os.environ[name] for name in ("TEST_RESULTS", "CONTAINERLIB_BUILD", "OCI_RUNTIME") if name in os.environ}
    environment = {"TEST_RESULTS": os.devnull, **kept, "CONSUMERS_WORK": work, "TMPDIR": work, "HOME": work, "LANG": "C.UTF-8",
                   "CONSUMERS_GROUPS": " ".join(map(str, groups)), "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    return subprocess.run(["sh", "-ec", JOIN, "sh", *unshare, sys.executable, *sys.argv], env=environment).returncode


# ── Outside: a cgroup in each hierarchy, below that of this process or (v2) the next that hands on controllers

def hierarchies():
    """(mount point, file system type, controllers, group of this process) of those that are mounted."""
    groups = {}
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, group = line.split(":", 2)
        groups[controllers] = group
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, options, *_ = line.split()
        if kind == "cgroup2":
            yield pathlib.Path(point), kind, "", groups[""]
        elif kind == "cgroup":
            name = next(c for c in groups if c and set(c.split(",")) <= set(options.split(",")))
            yield pathlib.Path(point), kind, name, groups[name]


@contextlib.contextmanager
def own_groups():
    groups = []
    try:
        for point, kind, controllers, group in hierarchies():
            parent = point / group.lstrip("/")
            while kind == "cgroup2" and parent != point and "memory" not in (parent / "cgroup.subtree_control").read_text():
                parent = parent.parent
            folder = parent / f"containerlib-consumers-{os.getpid()}"
            folder.mkdir()
            groups.append(folder)
            if kind == "cgroup2":
                (folder / "init").mkdir()
            for file in ("cpuset.cpus", "cpuset.mems") if "cpuset" in controllers.split(",") else ():
                (folder / file).write_text((folder.parent / file).read_text())
        yield groups
    finally:
        for group in groups:
            for folder, _, _ in os.walk(group, topdown=False):
                eventually(lambda: removed(folder))


def removed(group):
    with contextlib.suppress(OSError):  # a process that was killed may not have left it yet
        os.rmdir(group)
    return not os.path.exists(group)


# ── Inside ───────────────────────────────────────────────────────────────────────────────────────

def furnish():
    mounts = list(hierarchies())
    for folder in ("/run", "/dev/shm", "/usr/local/bin", "/sys/fs/cgroup"):
        mount("-t", "tmpfs", "tmpfs", folder)
    for point, kind, controllers, _ in mounts:
        point.mkdir(exist_ok=True)
        mount("-t", kind, *(["-o", controllers] if controllers else []), kind, point)
        if kind == "cgroup2":
            available = (point / "cgroup.controllers").read_text().split()
            (point / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in available))
    for folder in ("lib", "etc"):
        (WORK / folder).mkdir()
    # On disk: images and containers are kept there.
    mount("--bind", WORK / "lib", "/var/lib")
    mount("-t", "tmpfs", "tmpfs", WORK / "etc")
    for folder in ("upper", "work"):
        (WORK / "etc" / folder).mkdir()
    mount("-t", "overlay", "-o", f"lowerdir=/etc,upperdir={WORK}/etc/upper,workdir={WORK}/etc/work", "overlay", "/etc")
    os.symlink(os.environ.get("OCI_RUNTIME", BUILD / "containerlib-runtime"), RUNTIME)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["hostname", "node"], check=True)


def limit_file(controller, group=""):
    """Where a limit of memory, cpu or pids can be read; /sys/fs/cgroup may also be that of a container."""
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        return pathlib.Path("/sys/fs/cgroup", group, f"{controller}.max")
    v1 = dict(memory="memory.limit_in_bytes", cpu="cpu.cfs_quota_us", pids="pids.max")
    return pathlib.Path("/sys/fs/cgroup", controller, group, v1[controller])


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def become_init():
    """Process 1 reaps what is left to it; the tests go on in a child of it."""
    tests = os.fork()
    while tests:
        process, status = os.wait()
        if process == tests:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def run(*command, status=0, timeout=60, **options):
    """A program that must end with this status (None: any); has .stdout and .stderr as text."""
    options = {"stdin": subprocess.DEVNULL, **options}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=timeout, **options)
    print("$", *command, f"→ {done.returncode}\n{done.stdout}{done.stderr}", flush=True)
    assert status in (None, done.returncode), f"{command[0]} ended with {done.returncode}, not {status}"
    return done


def on_terminal(*command):
    """What a program writes to its terminal."""
    ours, its = pty.openpty()
    os.set_blocking(ours, False)
    subprocess.run(list(map(str, command)), stdin=its, stdout=its, stderr=its, check=True, timeout=60)
    with contextlib.suppress(BlockingIOError):
        output = os.read(ours, 4096).decode()
        print("$", *command, f"→ {output!r}", flush=True)
        return output.strip()
    return ""


def serve(*command, ready):
    """Starts a server and waits until `ready` is true; its output goes to that of the test."""
    server = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL)
    eventually(lambda: server.poll() is not None or ready())
    assert server.poll() is None, f"{command[0]} ended with {server.returncode}"
    return server


def eventually(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def configure(file, path, more=""):
    """Puts a file of examples/clusters where it belongs."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    pathlib.Path(path).write_text((EXAMPLES / file).read_text() + more)


def busybox_folder():
    """A root file system, made by the first call."""
    folder = WORK / "busybox"
    if not folder.exists():
        folder.mkdir()
        subprocess.run([SOURCE / "examples/busybox-rootfs", folder], check=True)
    return folder


def busybox_archive(name):
    """An image of that, as `containerlib save` writes it."""
    archive, store = WORK / "busybox.tar", ["--root", "/var/lib/containerlib"]
    run(BUILD / "containerlib", *store, "import", "--change", "ENV PATH=/bin", "--change", 'CMD ["sleep", "1000"]',
        busybox_folder(), name)
    run(BUILD / "containerlib", *store, "save", "-o", archive, name)
    return archive
