#!/usr/bin/env python3
"""Docker runs containers with containerlib-runtime."""
import json

import support
from support import WORK, busybox_archive, eventually, limit_file, on_terminal, results, run, serve

IMAGE = "busybox:latest"


def docker(*arguments, **options):
    return run("docker", *arguments, **options)


def shell(script, *options, **more):
    return docker("run", "--rm", *options, IMAGE, "sh", "-c", script, **more).stdout


def start(name, script, *options):
    docker("run", "--detach", f"--name={name}", *options, IMAGE, "sh", "-c", script)


def inspect(name, what):
    return docker("inspect", f"--format={{{{{what}}}}}", name).stdout.strip()


def test_uses_our_command():
    docker("create", "--name=which", IMAGE, "true")
    assert inspect("which", ".HostConfig.Runtime") == "containerlib"
    docker("rm", "which")


def test_output_and_status_come_back():
    done = docker("run", "--rm", IMAGE, "sh", "-c", "echo out; echo err >&2; exit 7", status=7)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_a_missing_command_is_127():
    assert "no-such-command" in docker("run", "--rm", IMAGE, "no-such-command", status=127).stderr


def test_a_file_that_cannot_be_executed_is_126():
    assert "permission denied" in docker("run", "--rm", IMAGE, "/etc/passwd", status=126).stderr


def test_a_terminal():
    assert on_terminal("docker", "run", "--rm", "--tty", IMAGE, "tty") == "/dev/pts/0"


def test_a_network_of_its_own():
    assert "inet 172." in shell("ip -4 addr show dev eth0")


def test_limits():
    read = f"head -n 1 {limit_file('memory')} {limit_file('cpu')} {limit_file('pids')}"
    got = shell(read, "--memory=64m", "--cpus=0.5", "--pids-limit=50")
    assert all(f"\n{limit}" in got for limit in (64 << 20, 50000, 50)), got


def test_rights():
    script = "grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; touch /x || echo read-only"
    got = shell(script, "--read-only", "--cap-drop=all", "--cap-add=chown", "--security-opt=no-new-privileges")
    assert got.split() == ["CapBnd:", f"{1:016x}", "NoNewPrivs:", "1", "Seccomp:", "2", "read-only"], got


def test_volumes_and_tmpfs():
    shell("echo kept >/data/file", "--volume=data:/data")
    assert shell("cat /data/file; touch /data/x || echo read-only; grep -c ' /t tmpfs' /proc/mounts",
                 "--volume=data:/data:ro", "--tmpfs=/t") == "kept\nread-only\n1\n"
    docker("volume", "rm", "data")


def test_an_init_process():
    assert "docker-init" in shell("cat /proc/1/cmdline", "--init")


def test_a_life():
    start("life", "trap 'exit 3' TERM; echo up; while :; do sleep 0.1; done", "--memory=64m")
    eventually(lambda: docker("logs", "life").stdout == "up\n")
    assert docker("exec", "--user=nobody", "life", "id", "-u").stdout == "65534\n"
    docker("exec", "life", "sh", "-c", "exit 9", status=9)
    assert on_terminal("docker", "exec", "--tty", "life", "tty").startswith("/dev/pts/")
    assert "trap" in docker("top", "life").stdout
    assert "64MiB" in docker("stats", "--no-stream", "life").stdout
    docker("update", "--memory=96m", "--memory-swap=192m", "life")
    assert docker("exec", "life", "cat", limit_file("memory")).stdout == f"{96 << 20}\n"
    docker("pause", "life")
    assert inspect("life", ".State.Status") == "paused"
    docker("unpause", "life")
    docker("restart", "life")
    eventually(lambda: docker("logs", "life").stdout == "up\nup\n")
    docker("stop", "life")
    assert inspect("life", ".State.ExitCode") == "3"
    docker("rm", "life")


def test_out_of_memory_is_told():
    start("eater", "tail /dev/zero", "--memory=16m")
    assert docker("wait", "eater").stdout == "137\n"
    assert inspect("eater", ".State.OOMKilled") == "true"
    docker("rm", "eater")


def test_health():
    start("healthy", "sleep 100", "--health-cmd=test -f /tmp/healthy", "--health-interval=0.2s")
    docker("exec", "healthy", "touch", "/tmp/healthy")
    eventually(lambda: inspect("healthy", ".State.Health.Status") == "healthy")
    docker("rm", "--force", "healthy")


def test_a_build():
    folder = WORK / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo built >/file\nUSER nobody\nRUN id -u >/tmp/user\n")
    docker("build", "--tag=built", folder)
    assert docker("run", "--rm", "built", "cat", "/file", "/tmp/user").stdout == "built\n65534\n"


def test_nothing_is_left():
    assert docker("ps", "--all", "--quiet").stdout == ""
    assert run("find", "/sys/fs/cgroup", "-path", "*/docker/*", "-type", "d").stdout == ""
    assert run("sh", "-c", "ps -e -o comm= | grep -c containerd-shim", status=1).stdout == "0\n"


support.enter("docker", "dockerd", "iptables")
support.configure("daemon.json", "/etc/docker/daemon.json")
serve("dockerd", ready=lambda: docker("info", status=None).returncode == 0)
docker("load", "--input", busybox_archive(IMAGE))
results.main(globals())
