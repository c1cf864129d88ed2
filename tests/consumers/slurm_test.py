#!/usr/bin/env python3
"""Slurm runs the steps of a job with containerlib-runtime."""
import json, os, pathlib, shutil, subprocess

import support
from support import WORK, busybox_folder, eventually, results, run, serve

BUNDLE = WORK / "bundle"


def srun(script, *options, **more):
    return run("srun", "--ntasks=1", f"--container={BUNDLE}", *options, "/bin/sh", "-c", script, **more)


def submit(script):
    """A job that goes on: its number, once the script has printed something."""
    output = WORK / "output"
    output.unlink(missing_ok=True)
    number = run("sbatch", "--parsable", f"--output={output}",
                 f"--wrap=exec srun --ntasks=1 --container={BUNDLE} /bin/sh -c '{script}'").stdout.strip()
    eventually(lambda: output.exists() and output.read_text())
    return number


def queue():
    return run("squeue", "--noheader").stdout


def containers():
    return run(support.RUNTIME, "list", "-q").stdout


def test_output_and_status_come_back():
    done = srun("echo out; echo err >&2; exit 3", status=3)
    assert done.stdout == "out\n" and "err\n" in done.stderr


def test_input_goes_in():
    with open(support.EXAMPLES / "oci.conf") as file:
        assert srun("head -n 1", stdin=file).stdout.startswith("# Slurm: ")


def test_it_is_a_container():
    assert srun("hostname; readlink /proc/1/exe; ls /").stdout.split("\n")[:3] == ["inside", "/bin/busybox", "bin"]


def test_the_job_is_in_the_environment():
    assert srun("echo $SLURM_JOB_NAME", "--job-name=named").stdout == "named\n"


def test_a_missing_command_fails():
    done = run("srun", "--ntasks=1", f"--container={BUNDLE}", "/no-such-command", status=None)
    assert done.returncode != 0 and "/no-such-command" in done.stderr


def test_two_jobs_at_once():
    first, second = (submit(f'trap "exit 0" TERM; echo {name}; while :; do sleep 0.1; done') for name in ("first", "second"))
    assert len(containers().split()) == 2
    run("scancel", first, second)
    eventually(lambda: not containers() and not queue())


def test_a_signal_gets_there():
    number = submit('trap "echo signalled >/answer; exit 0" USR1; echo up; while :; do sleep 0.1; done')
    run("scancel", "--signal=USR1", number)
    eventually(lambda: not containers() and not queue())
    assert (BUNDLE / "rootfs/answer").read_text() == "signalled\n"


def test_cancel_asks_first():
    number = submit('trap "echo asked >/answer; exit 0" TERM; echo up; while :; do sleep 0.1; done')
    run("scancel", number)
    eventually(lambda: not containers() and not queue())
    assert (BUNDLE / "rootfs/answer").read_text() == "asked\n"


def test_cancel_kills():
    number = submit('trap "" TERM; echo up; while :; do sleep 0.1; done')
    run("scancel", number)
    eventually(lambda: not containers() and not queue())


def test_nothing_is_left():
    assert containers() == ""
    assert run("sh", "-c", "ps -e -o args= | grep -c '^sleep 100'", status=1).stdout == "0\n"


def make_bundle():
    BUNDLE.mkdir()
    shutil.copytree(busybox_folder(), BUNDLE / "rootfs", symlinks=True)
    run(support.RUNTIME, "spec", cwd=BUNDLE)
    config = json.loads((BUNDLE / "config.json").read_text())
    config["process"]["terminal"] = False
    config["root"]["readonly"] = False
    config["hostname"] = "inside"
    (BUNDLE / "config.json").write_text(json.dumps(config))


def start_cluster():
    """munged, slurmctld and slurmd of a node, with the configuration of examples/clusters."""
    key = WORK / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    pathlib.Path("/run/munge").mkdir(mode=0o755)
    for folder in ("slurmctld", "slurmd"):
        pathlib.Path("/var/lib/slurm", folder).mkdir(parents=True)
    # getaddrinfo(3) with AI_ADDRCONFIG wants an address that is not a loopback one.
    run("ip", "address", "add", "10.9.9.1/24", "dev", "lo")
    serve("munged", "--foreground", "--force", f"--key-file={key}", f"--log-file={WORK}/munged.log",
          f"--seed-file={WORK}/munged.seed", ready=lambda: run("munge", "--no-input", status=None).returncode == 0)
    for file in ("slurm.conf", "oci.conf"):
        support.configure(file, f"/etc/slurm/{file}")
    serve("slurmctld", "-D", ready=lambda: run("scontrol", "ping", status=None).returncode == 0)
    serve("slurmd", "-D", ready=lambda: "idle" in run("sinfo", "--noheader", status=None).stdout)


support.enter("munged", "slurmctld", "slurmd", "srun")
make_bundle()
start_cluster()
results.main(globals())
