#!/usr/bin/env python3
"""podman runs containers with containerlib-runtime."""
import json

import support
from support import busybox_archive, eventually, limit_file, on_terminal, results, run

IMAGE = "localhost/busybox:latest"


def podman(*arguments, **options):
    return run("podman", *arguments, **options)


def once(*arguments, status=0):
    """`podman run --rm` without network: what it prints."""
    done = podman("run", "--rm", "--network=none", *arguments, status=status)
    return done.stdout if status == 0 else done.stderr


def shell(script, *options, status=0):
    return once(*options, IMAGE, "sh", "-c", script, status=status)


def rights(*options):
    """What /proc says of capabilities and filter."""
    lines = shell("grep -E '^(Cap(Inh|Eff|Bnd|Amb)|Seccomp|NoNewPrivs):' /proc/self/status", *options)
    return dict(line.split(":\t") for line in lines.splitlines())


def state(name):
    return podman("inspect", "--format={{.State.Status}}", name).stdout.strip()


def log(name):
    return podman("logs", name).stdout


# ── One that runs to its end ─────────────────────────────────────────────────────────────────────

def test_uses_our_command():
    name = podman("create", "--network=none", IMAGE, "true").stdout.strip()
    assert podman("inspect", "--format={{.OCIRuntime}}", name).stdout == "containerlib\n"
    podman("rm", name)


def test_output_and_status_come_back():
    done = podman("run", "--rm", "--network=none", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 7", status=7)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_input_goes_in():
    done = run("sh", "-c", f"echo in | podman run --rm -i --network=none {IMAGE} cat")
    assert done.stdout == "in\n"


def test_a_missing_command_is_127():
    assert "no-such-command" in once(IMAGE, "no-such-command", status=127)


def test_a_file_that_cannot_be_executed_is_126():
    assert "ermission denied" in once(IMAGE, "/etc/passwd", status=126)


def test_a_terminal():
    assert on_terminal("podman", "run", "--rm", "--tty", "--network=none", IMAGE, "tty") == "/dev/pts/0"


def test_limits_can_be_seen_inside():
    assert shell(f"cat {limit_file('memory')}", "--memory=64m") == f"{64 << 20}\n"
    assert shell(f"cat {limit_file('cpu')}", "--cpus=0.5").split()[0] == "50000"
    assert shell(f"cat {limit_file('pids')}", "--pids-limit=50") == "50\n"


def test_out_of_memory_kills():
    shell("tail /dev/zero", "--memory=16m", status=137)


def test_read_only_root():
    assert "Read-only" in shell("touch /x", "--read-only", status=1)


def test_user_and_groups():
    assert shell("id", "--user=1000:1001", "--group-add=7") == "uid=1000(1000) gid=1001(1001) groups=7,1001(1001)\n"


def test_default_rights():
    assert rights() == {"CapInh": "0" * 16, "CapEff": "00000000800405fb", "CapBnd": "00000000800405fb", "CapAmb": "0" * 16,
                        "NoNewPrivs": "0", "Seccomp": "2"}


def test_fewer_rights():
    fewer = rights("--cap-drop=all", "--security-opt=no-new-privileges", "--security-opt=seccomp=unconfined")
    assert (fewer["CapEff"], fewer["CapBnd"], fewer["NoNewPrivs"], fewer["Seccomp"]) == ("0" * 16, "0" * 16, "1", "0")


def test_privileged():
    assert shell("mount -t tmpfs tmpfs /tmp && ls /dev/kmsg", "--privileged") == "/dev/kmsg\n"


def test_volumes_binds_and_tmpfs():
    data = support.WORK / "data"
    data.mkdir()
    (data / "file").write_text("from the host")
    script = "cat /data/file; touch /data/new 2>/dev/null || echo read-only; touch /volume/x /t/x && grep -c -E ' (/volume|/t) ' /proc/mounts"
    assert shell(script, f"--volume={data}:/data:ro", "--volume=v:/volume", "--tmpfs=/t") == "from the hostread-only\n2\n"
    assert shell("ls /volume", "--volume=v:/volume") == "x\n"
    podman("volume", "rm", "v")


def test_masked_and_read_only_paths():
    assert shell("cat /proc/keys | wc -c; echo 1 >/proc/sys/kernel/panic || echo no") == "0\nno\n"


def test_host_name_and_environment():
    assert shell("hostname; echo $A", "--hostname=inside", "--env=A=b") == "inside\nb\n"


def test_a_network_of_its_own():
    done = podman("run", "--rm", IMAGE, "ip", "-4", "addr", "show", "dev", "eth0")
    assert "inet 10.88." in done.stdout


def test_the_network_of_the_host():
    run("ip", "addr", "add", "10.9.8.7/32", "dev", "lo")
    assert "10.9.8.7" in podman("run", "--rm", "--network=host", IMAGE, "ip", "addr").stdout


def test_namespaces_of_the_host():
    assert shell("hostname; cat /proc/1/comm", "--pid=host", "--uts=host", "--ipc=host") == "node\npython3\n"


def test_a_user_namespace():
    assert shell("id -u; cat /proc/self/uid_map", "--uidmap=0:100000:65536", "--gidmap=0:100000:65536").split() == ["0", "0", "100000", "65536"]


def test_an_init_process():
    assert "/run/podman-init" in shell("cat /proc/1/cmdline", "--init")


# ── One that stays ───────────────────────────────────────────────────────────────────────────────

def start(name, script, *options):
    podman("run", "--detach", f"--name={name}", "--network=none", *options, IMAGE, "sh", "-c", script)


def test_a_life():
    start("life", "trap 'echo term; exit 3' TERM; echo up; while :; do sleep 0.1; done", "--memory=64m")
    eventually(lambda: log("life") == "up\n")
    assert podman("exec", "--user=nobody", "life", "id", "-u").stdout == "65534\n"
    podman("exec", "life", "sh", "-c", "exit 9", status=9)
    assert "no-such-command" in podman("exec", "life", "no-such-command", status=127).stderr
    assert on_terminal("podman", "exec", "--tty", "life", "tty").startswith("/dev/pts/")
    podman("exec", "--detach", "life", "sleep", "60")
    eventually(lambda: "sleep 60" in podman("top", "life").stdout)
    stats = json.loads(podman("stats", "--no-stream", "--format=json", "life").stdout)[0]
    assert int(stats["pids"]) >= 2 and "67.11MB" in stats["mem_usage"], stats
    podman("pause", "life")
    assert state("life") == "paused"
    podman("unpause", "life")
    assert state("life") == "running"
    podman("kill", "--signal=TERM", "life")
    assert podman("wait", "life").stdout == "3\n"
    assert log("life") == "up\nterm\n"
    podman("start", "life")
    eventually(lambda: log("life") == "up\nterm\nup\n")
    podman("stop", "life")
    assert podman("inspect", "--format={{.State.ExitCode}}", "life").stdout == "3\n"
    podman("rm", "life")


def test_stop_kills_in_the_end():
    start("deaf", "trap '' TERM; while :; do sleep 0.1; done")
    podman("stop", "--time=1", "deaf")
    assert podman("inspect", "--format={{.State.ExitCode}}", "deaf").stdout == "137\n"
    podman("rm", "deaf")


def test_forced_removal():
    start("forced", "sleep 60")
    podman("rm", "--force", "--time=0", "forced")
    podman("container", "exists", "forced", status=1)


def test_initialised_then_started():
    podman("create", "--name=later", "--network=none", IMAGE, "echo", "started")
    podman("init", "later")
    assert state("later") == "initialized"
    assert podman("start", "--attach", "later").stdout == "started\n"
    podman("rm", "later")


def test_changes_can_be_committed():
    podman("run", "--name=changed", "--network=none", IMAGE, "sh", "-c", "echo kept >/file")
    podman("commit", "changed", "localhost/changed")
    assert once("localhost/changed", "cat", "/file") == "kept\n"
    podman("rm", "changed")
    podman("rmi", "localhost/changed")


def test_a_pod_shares_namespaces():
    # With cgroup v2 and without systemd, podman 4.3 forbids all devices in the group of a pod.
    parent = ["--share-parent=false"] if limit_file("memory").name == "memory.max" else []
    podman("pod", "create", "--name=pod", "--network=none", "--hostname=pod", *parent)
    podman("run", "--detach", "--pod=pod", "--name=server", IMAGE, "nc", "-l", "-p", "80", "-e", "echo", "answer")
    eventually(lambda: podman("run", "--rm", "--pod=pod", IMAGE, "sh", "-c", "nc 127.0.0.1 80 </dev/null; hostname",
                              status=None).stdout == "answer\npod\n")
    podman("pod", "rm", "--force", "--time=0", "pod")


def test_nothing_is_left():
    assert podman("ps", "--all", "--quiet").stdout == ""
    assert run("find", "/sys/fs/cgroup", "-name", "libpod-*").stdout == ""
    assert run("sh", "-c", "ps -e -o comm= | grep -c conmon", status=1).stdout == "0\n"
    assert not [line for line in open("/proc/self/mounts") if "/overlay/" in line]


support.enter("podman", "conmon", "catatonit", "iptables")
support.configure("containers.conf", "/etc/containers/containers.conf")
podman("load", "--input", busybox_archive(IMAGE))
results.main(globals())
