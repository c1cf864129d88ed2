#!/usr/bin/env python3
"""buildah builds images with containerlib-runtime."""
import functools

import support
from support import WORK, busybox_archive, on_terminal, results, run

IMAGE = "localhost/busybox:latest"
DOCKERFILE = f"""
FROM {IMAGE}
ENV A=b
RUN echo "$A" >/made && mkdir -m 1777 /open
RUN ["cp", "/made", "/copied"]
COPY file /file
WORKDIR /place
RUN pwd >>/made && cat /file >>/made
USER nobody
RUN id -u >/open/user
CMD ["cat", "/made", "/open/user"]
"""


def buildah(*arguments, **options):
    return run("buildah", *arguments, **options)


def build(text, *options, **more):
    folder = WORK / "context"
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(text)
    (folder / "file").write_text("from the context\n")
    return buildah("bud", "--isolation=oci", "--tag=localhost/built", *options, folder, **more)


def in_container(*arguments, run=buildah, **options):
    """`buildah run` in a new container of the image, whose name is `work`."""
    buildah("from", "--name=work", IMAGE)
    try:
        return run("run", "--isolation=oci", *arguments, **options)
    finally:
        buildah("rm", "work")


def test_a_dockerfile_is_built():
    build(DOCKERFILE)
    assert run("podman", "run", "--rm", "--network=none", "localhost/built").stdout == "b\n/place\nfrom the context\n65534\n"


def test_a_step_that_fails_fails_the_build():
    done = build(f"FROM {IMAGE}\nRUN echo before && exit 5\n", status=None)
    assert done.returncode != 0 and "exit status 5" in done.stderr


def test_a_step_may_have_no_network():
    build(f"FROM {IMAGE}\nRUN ls /sys/class/net >/devices && ip -4 -o addr >/addresses\n", "--network=none")
    assert run("podman", "run", "--rm", "--network=none", "localhost/built", "cat", "/addresses").stdout.count("127.0.0.1") == 1


def test_output_and_status_of_a_command():
    done = in_container("work", "sh", "-c", "echo out; echo err >&2; exit 3", status=3)
    assert done.stdout == "out\n" and "err\n" in done.stderr


def test_a_command_on_a_terminal():
    typed = in_container("--tty", "work", "tty", run=functools.partial(on_terminal, "buildah"))
    assert typed.splitlines()[-1].startswith("/dev/pts/"), typed


def test_volumes_and_user_of_a_command():
    done = in_container(f"--volume={support.EXAMPLES}:/here:ro", "--user=nobody", "work",
                        "sh", "-c", "ls /here/containers.conf; id -u; touch /here/x || echo read-only")
    assert done.stdout == "/here/containers.conf\n65534\nread-only\n"


def test_nothing_is_left():
    assert buildah("containers", "--quiet").stdout == ""
    assert not [line for line in open("/proc/self/mounts") if "/overlay/" in line]
    assert run("find", "/sys/fs/cgroup", "-name", "buildah-*").stdout == ""


support.enter("buildah", "podman", "iptables")
support.configure("containers.conf", "/etc/containers/containers.conf")
run("podman", "load", "--input", busybox_archive(IMAGE))
results.main(globals())
