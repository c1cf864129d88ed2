#!/usr/bin/env python3
"""Runs the examples of $CONTAINERLIB_BUILD with a busybox image."""
import contextlib, os, pathlib, subprocess, sys, tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["CONTAINERLIB_BUILD"])
sys.path.insert(0, str(SOURCE / "tests/support"))
import results

TMP = contextlib.ExitStack()
work = pathlib.Path(TMP.enter_context(tempfile.TemporaryDirectory(prefix="containerlib-examples-")))
rootfs = work / "rootfs"


def run(program, *arguments):
    return subprocess.run([str(BUILD / program), *map(str, arguments)], capture_output=True, text=True)


def example(name, *arguments):
    done = run(f"examples/example-{name}", work / "data", *arguments)
    print(f"{name} {arguments}: {done}")
    if done.returncode == 125 and os.geteuid() != 0 and "limit" in done.stderr:
        raise results.Skip(done.stderr.strip())
    return done


def make_rootfs():
    if not rootfs.exists():
        rootfs.mkdir()
        subprocess.run([SOURCE / "examples/busybox-rootfs", rootfs], check=True)
    return rootfs


def make_archive():
    archive = work / "busybox.tar"
    if not archive.exists():
        store = ["--root", work / "make", "--run-root", work / "make/run"]
        for command in (["import", make_rootfs(), "busybox"], ["save", "-o", archive, "busybox"]):
            done = run("containerlib", *store, *command)
            assert done.returncode == 0, done
    return archive


def test_run_prints_what_the_command_prints():
    done = example("run", make_archive(), "sh", "-c", "echo hello from process $$; echo oops >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello from process 1\n", "oops\n")


def test_run_ends_like_its_command():
    assert example("run", make_archive(), "sh", "-c", "exit 7").returncode == 7
    assert example("run", make_archive(), "no-such-command").returncode == 125


def test_sandbox_returns_the_answer():
    done = example("sandbox", make_rootfs(), "sh", "-c", "echo $((6 * 7))")
    assert (done.returncode, done.stdout) == (0, "answer: 42\n")


def test_sandbox_holds():
    for command, answer in (("while :; do :; done", "no answer in time"),
                            ("echo x >/etc/passwd", "failed: "),
                            ("ls /sys/class/net && id -u", "answer: lo\n65534\n"),
                            ("x=x; while :; do x=$x$x; done", "out of memory")):
        done = example("sandbox", make_rootfs(), "sh", "-c", command)
        assert done.returncode == 0 and answer in done.stdout, (command, done)


def test_asio_wait_hears_of_both():
    done = example("asio_wait", make_rootfs())
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["brief: exited with 3", "endless: killed by SIGKILL"], done


if __name__ == "__main__":
    with TMP:
        results.main(globals())
