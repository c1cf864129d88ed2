#!/usr/bin/env python3
"""Kubernetes' way to a container: what a kubelet asks of containerd, with containerlib-runtime as handler."""
import support
from support import WORK, busybox_archive, eventually, limit_file, results, run, serve
from cri import call, decode

IMAGE = "registry.k8s.io/pause:3.6"  # what containerd runs as the sandbox of a pod
POD, NODE = 0, 2  # NamespaceMode
CREATED, RUNNING, EXITED = 0, 1, 2  # ContainerState


class Pod:
    def __init__(self, name, network=POD):
        self.config = {1: {1: name, 2: f"uid-{name}", 3: "default"}, 2: name if network == POD else "", 3: str(WORK),
                       8: {2: {1: {1: network}}}}
        self.id = call("RunPodSandbox", {1: self.config, 2: "containerlib"})[1].decode()

    def start(self, name, script, resources={}, security={}):
        """The id of a container."""
        config = {1: {1: name}, 2: {1: IMAGE}, 3: ["sh", "-c", script], 6: {1: "A", 2: "b"}, 11: f"{name}.log",
                  15: {1: resources, 2: security}}
        made = call("CreateContainer", {1: self.id, 2: config, 3: self.config})[1].decode()
        assert status(made).get(3, CREATED) == CREATED
        call("StartContainer", {1: made})
        return made

    def remove(self):
        call("StopPodSandbox", {1: self.id})
        call("RemovePodSandbox", {1: self.id})


def status(container):
    return decode(call("ContainerStatus", {1: container})[1])


def shell(container, script):
    """(output, error output, status)"""
    answer = call("ExecSync", {1: container, 2: ["sh", "-c", script], 3: 10})
    return answer.get(1, b"").decode(), answer.get(2, b"").decode(), answer.get(3, 0)


def log(name):
    """Lines without time, stream and mark."""
    return [line.split(" ", 3)[3] for line in (WORK / f"{name}.log").read_text().splitlines()]


def test_a_life():
    pod = Pod("life")
    main = pod.start("main", "trap 'echo term; exit 3' TERM; echo up $A; while :; do sleep 0.1; done", resources={4: 64 << 20})
    eventually(lambda: log("main") == ["up b"])
    assert status(main)[3] == RUNNING
    assert shell(main, "hostname; echo err >&2; exit 4") == ("life\n", "err\n", 4)
    limit = limit_file("memory", f"k8s.io/{main}")
    assert limit.read_text() == f"{64 << 20}\n"
    call("UpdateContainerResources", {1: main, 2: {4: 96 << 20}})
    assert limit.read_text() == f"{96 << 20}\n"
    assert call("ContainerStats", {1: main})[1]
    call("StopContainer", {1: main, 2: 10})
    assert status(main)[3] == EXITED and status(main)[7] == 3
    assert log("main") == ["up b", "term"]
    call("RemoveContainer", {1: main})
    pod.remove()


def test_containers_of_a_pod_share_a_network():
    pod = Pod("shared")
    pod.start("server", "nc -l -p 80 -e echo answer; sleep 100")
    client = pod.start("client", "sleep 100")
    eventually(lambda: shell(client, "nc 127.0.0.1 80 </dev/null")[0] == "answer\n")
    assert "inet 10.88." in shell(client, "ip -4 addr show dev eth0")[0]
    assert shell(client, "ps -o args | grep -c '[n]c -l'")[0] == "0\n"
    pod.remove()


def test_the_network_of_the_node():
    run("ip", "address", "add", "10.9.8.7/32", "dev", "lo")
    pod = Pod("noded", network=NODE)
    assert "10.9.8.7" in shell(pod.start("addresses", "sleep 100"), "ip addr")[0]
    pod.remove()


def test_a_security_context():
    # capabilities (drop ALL), run_as_user, readonly_rootfs, no_new_privs; the runtime's own seccomp profile
    pod = Pod("secure")
    secured = pod.start("secured", "sleep 100", security={1: {2: "ALL"}, 5: {1: 1000}, 7: 1, 11: 1, 15: {1: 0}})
    output, _, _ = shell(secured, "id -u; touch /x || echo read-only; grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status")
    assert output.split() == ["1000", "read-only", "CapBnd:", "0" * 16, "NoNewPrivs:", "1", "Seccomp:", "2"], output
    pod.remove()


def test_nothing_is_left():
    assert run("ctr", "--namespace=k8s.io", "containers", "ls", "--quiet").stdout == ""
    assert run("find", "/run/containerd/runc/k8s.io", "-mindepth", "1").stdout == ""
    assert run("find", "/sys/fs/cgroup", "-path", "*/k8s.io/*", "-type", "d").stdout == ""
    assert run("sh", "-c", "ps -e -o comm= | grep -c containerd-shim", status=1).stdout == "0\n"


support.enter("containerd", "ctr", "curl", "iptables")
# The score that a sandbox is given is one that only CAP_SYS_RESOURCE may set.
support.configure("containerd.toml", "/etc/containerd/config.toml",
                  '[plugins."io.containerd.grpc.v1.cri"]\nrestrict_oom_score_adj = true\n')
serve("containerd", ready=lambda: run("ctr", "version", status=None).returncode == 0)
run("ctr", "--namespace=k8s.io", "images", "import", busybox_archive(IMAGE))
results.main(globals())
