#!/usr/bin/env python3
"""containerd runs containers with containerlib-runtime."""
import json

import support
from support import busybox_archive, eventually, limit_file, on_terminal, results, run, serve

IMAGE = "docker.io/library/busybox:latest"


def ctr(*arguments, **options):
    return run("ctr", *arguments, **options)


def once(*arguments, **options):
    """A container that runs to its end; its id is `once`."""
    *flags, script = arguments
    return ctr("run", "--rm", f"--runc-binary={support.RUNTIME}", *flags, IMAGE, "once", "sh", "-c", script, **options)


def start(name, script, *flags):
    ctr("run", "--detach", f"--runc-binary={support.RUNTIME}", *flags, IMAGE, name, "sh", "-c", script)


def state(name):
    rows = [line.split() for line in ctr("task", "ls").stdout.splitlines()]
    return next(row[2] for row in rows if row[0] == name)


def remove(name):
    ctr("task", "kill", "--signal=KILL", name)
    eventually(lambda: state(name) == "STOPPED")
    ctr("task", "rm", name, status=None)  # ends with the status of the task
    ctr("container", "rm", name)


def test_output_and_status_come_back():
    done = once("echo out; echo err >&2; exit 5", status=5)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_a_missing_command_is_named():
    done = ctr("run", "--rm", f"--runc-binary={support.RUNTIME}", IMAGE, "once", "no-such-command", status=1)
    assert "OCI runtime create failed" in done.stderr and "no-such-command" in done.stderr
    assert ctr("container", "ls", "--quiet").stdout == ""


def test_a_terminal():
    # ctr does not wait for output that comes at the very end.
    run = ["ctr", "run", "--rm", "--tty", f"--runc-binary={support.RUNTIME}", IMAGE, "once"]
    assert on_terminal(*run, "sh", "-c", "tty; sleep 0.2") == "/dev/pts/0"


def test_limits():
    start("limited", "sleep 100", "--memory-limit=50331648", "--cpus=0.5")
    assert limit_file("memory", "default/limited").read_text() == "50331648\n"
    assert limit_file("cpu", "default/limited").read_text().split()[0] == "50000"
    remove("limited")


def test_options_of_the_process():
    done = once("--cwd=/tmp", "--env=A=b", "--read-only", "--cap-drop=CAP_CHOWN", "--seccomp",
                "pwd; echo $A; touch /x || echo read-only; chown 1:1 /tmp 2>/dev/null || echo no; grep Seccomp: /proc/self/status")
    assert done.stdout == "/tmp\nb\nread-only\nno\nSeccomp:\t2\n"


def test_mounts():
    mount = f"--mount=type=bind,src={support.EXAMPLES},dst=/here,options=rbind:ro"
    assert once(mount, "ls /here/containerd.toml; touch /here/x || echo read-only").stdout == "/here/containerd.toml\nread-only\n"


def test_a_life():
    start("life", "trap 'exit 3' TERM; while :; do sleep 0.1; done")
    assert state("life") == "RUNNING"
    assert ctr("task", "exec", "--exec-id=first", "life", "echo", "inside").stdout == "inside\n"
    ctr("task", "exec", "--exec-id=second", "life", "sh", "-c", "exit 4", status=4)
    assert on_terminal("ctr", "task", "exec", "--tty", "--exec-id=third", "life", "sh", "-c", "tty; sleep 0.2").startswith("/dev/pts/")
    ctr("task", "pause", "life")
    assert state("life") == "PAUSED"
    ctr("task", "resume", "life")
    assert state("life") == "RUNNING"
    assert len(ctr("task", "ps", "life").stdout.splitlines()) >= 2
    metrics = ctr("task", "metrics", "--format=json", "life").stdout
    assert int(json.loads(metrics)["pids"]["current"]) >= 1
    ctr("task", "kill", "--signal=TERM", "life")
    eventually(lambda: state("life") == "STOPPED")
    assert ctr("task", "rm", "life", status=None).stderr.strip().endswith("exit code 3\"")
    ctr("container", "rm", "life")


def test_all_processes_are_killed():
    start("many", "sleep 100 & sleep 100 & wait")
    eventually(lambda: len(ctr("task", "ps", "many").stdout.splitlines()) == 4)
    remove("many")
    assert run("sh", "-c", "ps -e -o args= | grep -c '^sleep 100'", status=1).stdout == "0\n"


def test_a_container_survives_its_server():
    global server
    start("staying", "sleep 100")
    server.terminate()
    server.wait()
    server = daemon()
    assert state("staying") == "RUNNING"
    assert ctr("task", "exec", "--exec-id=again", "staying", "echo", "still here").stdout == "still here\n"
    remove("staying")


def test_nothing_is_left():
    assert ctr("container", "ls", "--quiet").stdout == ""
    assert run("find", "/run/containerd/runc/default", "-mindepth", "1").stdout == ""
    assert run("find", "/sys/fs/cgroup", "-path", "*/default/*", "-type", "d").stdout == ""
    assert run("sh", "-c", "ps -e -o comm= | grep -c containerd-shim", status=1).stdout == "0\n"
    server.terminate()


def daemon():
    return serve("containerd", ready=lambda: ctr("version", status=None).returncode == 0)


support.enter("containerd", "ctr")
support.configure("containerd.toml", "/etc/containerd/config.toml")
server = daemon()
ctr("images", "import", busybox_archive(IMAGE))
results.main(globals())
