#!/usr/bin/env python3
"""Tests of the Python module, which $PYTHONPATH finds; $CONTAINERLIB_BUILD is the build directory."""
import ast, contextlib, datetime, errno, io, os, pathlib, re, select, signal, subprocess, sys, tempfile, threading, time

import containerlib as cl

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))
import results

TMP = contextlib.ExitStack()
work = pathlib.Path(TMP.enter_context(tempfile.TemporaryDirectory(prefix="containerlib-python-")))
runtime = cl.Runtime(root=work / "data", run_root=work / "run")


def busybox():
    rootfs = work / "rootfs"
    if not rootfs.exists():
        rootfs.mkdir()
        subprocess.run([SOURCE / "examples/busybox-rootfs", rootfs], check=True)
        runtime.import_rootfs(rootfs, tag="busybox", command=["sh"])
    return runtime.image("busybox")


def raised(kind, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


@contextlib.contextmanager
def ctrl_c():
    """Presses it in a moment. The block must end by it, and soon."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    begin = time.monotonic()
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        assert time.monotonic() - begin < 5, "the signal had to wait"
    else:
        raise AssertionError("not interrupted")
    finally:
        timer.join()


def lets_others_run(call, patience=20):
    """Whether another thread gets the interpreter while `call` is in the library: for as long as the test
    lasts it gets it from nobody who does not let go of it."""
    gate, ran = threading.Lock(), []
    gate.acquire()
    other = threading.Thread(target=lambda: gate.acquire() and ran.append(True))
    other.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        gate.release()
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            pass
        assert not ran
        until = time.monotonic() + patience
        while not ran and time.monotonic() < until:  # one call may be over before the other has woken up
            call()
        return bool(ran)
    finally:
        sys.setswitchinterval(interval)
        other.join()


def test_image():
    image = busybox()
    assert image.id.startswith("sha256:") and len(image.layers) == 1
    assert image.config["config"]["Cmd"] == ["sh"]
    assert any("busybox" in tag for tag in image.tags)
    image.save(work / "busybox.tar")
    assert (work / "busybox.tar").stat().st_size > 100_000
    assert [i.id for i in runtime.load_all(work / "busybox.tar")] == [image.id]


def test_run():
    done = runtime.run(busybox(), args=["sh", "-c", "echo $WHO; id -u; echo bad >&2; exit 3"], env={"WHO": "me"})
    assert (done.out, done.err) == (b"me\n0\n", b"bad\n")
    assert not done.status and done.status.code == 3 and str(done.status) == "exited with 3"
    assert raised(cl.ExitError, done.check).completed.status.code == 3
    assert runtime.run(busybox(), name=None, args=("true",), timeout=None).check().status


def test_ulimits_and_sizes():
    script = "ulimit -n; stat -f -c '%b %s' /dev/shm; stat -c %u /tmp"
    done = runtime.run(busybox(), args=["sh", "-c", script], ulimits=[cl.Ulimit("nofile", 100, 100)], shm_size=1 << 20,
                       mounts=[cl.Mount("/tmp", tmpfs_uid=7)])
    files, shm, owner = done.check().out.split(b"\n")[:3]
    blocks, size = map(int, shm.split())
    assert (files, blocks * size, owner) == (b"100", 1 << 20, b"7"), done.out
    assert cl.Ulimit.unlimited == 2**64 - 1


def test_any_field_of_the_oci_specification():
    part = '{"linux": {"sysctl": {"net.ipv4.ip_forward": "1"}}}'
    done = runtime.run(busybox(), args=["cat", "/proc/sys/net/ipv4/ip_forward"], unsafe_oci_spec=part)
    assert done.check().out == b"1\n"
    error = raised(cl.Error, runtime.run, busybox(), args=["true"], unsafe_oci_spec="nonsense")
    assert "unsafe_oci_spec" in str(error)


def test_a_mount_without_a_source_is_empty():
    done = runtime.run(busybox(), args=["sh", "-c", "ls -A /empty; touch /empty/new"], mounts=[cl.Mount("/empty")])
    assert done.check().out == b"" and cl.Mount("/empty").source is None


def test_date_of_an_image():
    made = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    image = runtime.import_rootfs(work / "rootfs", created=made, message="by hand", labels={"a": "b"}, exposed_ports=["80/tcp"])
    config = image.config
    runtime.remove_image(image.id)
    assert config["created"] == "2026-01-02T03:04:05Z" and config["config"]["Labels"] == {"a": "b"}


def test_time_out():
    done = runtime.run(busybox(), args=["sleep", "100"], timeout=datetime.timedelta(seconds=0.3))
    assert done.status.kind == cl.ExitStatus.Kind.timed_out


def test_mounts():
    (work / "shared").mkdir()
    (work / "shared/file").write_text("from the host")
    done = runtime.run(busybox(), args=["sh", "-c", "cat /in/file; echo >/in/new"], mounts=[cl.Mount("/in", source=work / "shared")])
    assert done.out == b"from the host" and b"Read-only" in done.err


def test_errors():
    error = raised(cl.Error, runtime.image, "no-such-image")
    assert error.operation and "no-such-image" in error.subject and error.category != "generic"
    assert "no-such-image" in str(error)
    assert error.code == cl.Errc.image_not_found and error.code != cl.Errc.image_not_found.value
    assert raised(cl.Error, runtime.load, work / "missing.tar").code == errno.ENOENT
    raised(TypeError, runtime.run, busybox(), argv=["true"])
    raised(TypeError, runtime.run, busybox(), args=3)
    assert raised(cl.Error, runtime.run, busybox(), user="no-such-user").subject


def test_container():
    with runtime.start(busybox(), name="python-test", args=["sh", "-c", "echo up; sleep 100"]) as container:
        assert container.inspect().state == cl.ContainerState.running
        assert container.exec(["echo", "hi"]).check().out == b"hi\n"
        assert [c.name for c in runtime.containers()] == ["python-test"]
        container.kill(15 if container.stats() is None else 9)
        assert select.select([container], [], [], 10)[0], "fileno() becomes readable"
        assert container.wait().code == 9
        assert [line.text for line in container.logs()] == [b"up"]
    assert runtime.containers() == []


def test_other_threads_run_while_one_waits():
    with runtime.start(busybox(), args=["sleep", "100"]) as container:
        waiter = threading.Thread(target=container.wait)
        waiter.start()
        time.sleep(0.1)  # comes back only if wait() has let go of the interpreter
        container.kill()
        waiter.join(10)
        assert not waiter.is_alive()


def test_a_detached_container_is_of_no_more_use():
    with runtime.start(busybox(), name="given-up", args=["sleep", "100"]) as container:
        id = container.detach()
    assert (container.id, container.name) == (id, "given-up") and "detached" in repr(container)
    arguments = {"wait_for": [1], "exec": [["true"]], "resize": [cl.TerminalSize()], "checkpoint": ["unused"]}
    members = [name for name in dir(cl.Container) if not name.startswith("_") and name not in ("id", "name")]
    assert "kill" in members
    for name in members:
        error = raised(ValueError, getattr(container, name), *arguments.get(name, []))
        assert "detached" in str(error), name
    found = runtime.find("given-up")
    assert found.inspect().state == cl.ContainerState.running
    found.remove(force=True)


def test_detached_while_another_thread_waits():
    container = runtime.start(busybox(), args=["sleep", "100"])
    ended = []
    waiter = threading.Thread(target=lambda: ended.append(container.wait()))
    waiter.start()
    time.sleep(0.1)
    found = runtime.find(container.detach())
    found.kill()
    waiter.join(10)
    assert ended[0].code == 9
    found.remove()


def test_a_block_leaves_alone_what_it_has_only_found():
    with runtime.start(busybox(), name="of-others", args=["sleep", "100"]) as container:
        with runtime.find("of-others") as found:
            assert found.id == container.id
        assert container.inspect().state == cl.ContainerState.running
    assert runtime.find("of-others") is None


def test_ctrl_c_ends_a_run_and_what_it_runs():
    image = busybox()
    with ctrl_c():
        runtime.run(image, args=["sleep", "15"])
    assert not list((work / "run/containers").iterdir()) and not list((work / "data/containers").iterdir())


def test_ctrl_c_ends_an_exec_and_what_it_runs():
    with runtime.start(busybox(), args=["sleep", "100"]) as container:
        with ctrl_c():
            container.exec(["sleep", "15"])
        assert b"sleep 15" not in container.exec(["ps"]).out


def test_ctrl_c_ends_the_waiting_only():
    with runtime.start(busybox(), args=["sh", "-c", "echo up; sleep 15"]) as container:
        for wait in (
            container.wait,
            lambda: container.wait_for(15),
            lambda: runtime.find(container.id).wait(),
            lambda: container.stop(15),  # process 1 hears no signal that it has no handler for
            lambda: list(container.logs(follow=True)),
        ):
            with ctrl_c():
                wait()
            assert container.inspect().state == cl.ContainerState.running


def test_a_handler_of_ones_own_runs_at_once():
    image, called = busybox(), []
    signal.signal(signal.SIGALRM, lambda *_: called.append(time.monotonic()))
    begin = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    assert runtime.run(image, args=["sh", "-c", "sleep 3; echo whole"]).out == b"whole\n"
    assert called[0] - begin < 2


def test_times():
    with runtime.start(busybox(), args=["sleep", "100"]) as container:
        for none_yet in (container.wait_for(0), container.wait_for(0.1), container.try_wait()):
            assert none_yet is None
        assert container.wait_for(datetime.timedelta(milliseconds=1)) is None
        for wrong in ("1", True, None, 1j):
            raised(TypeError, container.wait_for, wrong)
        for wrong in (float("nan"), float("inf"), 1e300, datetime.timedelta.max):
            raised(ValueError, container.wait_for, wrong)
        assert container.stop(1).code == 9
    for timeout in (1, 0.0001, datetime.timedelta(microseconds=1)):  # a short time is not none at all
        done = runtime.run(busybox(), args=["sleep", "3"], timeout=timeout)
        assert done.status.kind == cl.ExitStatus.Kind.timed_out


def test_a_negative_grace_is_for_ever():
    script = "trap 'sleep 1; exit 4' TERM; echo up; while :; do sleep 0.1; done"
    with runtime.start(busybox(), args=["sh", "-c", script]) as container:
        next(container.logs(follow=True))
        assert container.stop(-0.0001).code == 4


def test_what_is_not_utf8():
    odd = b"odd\xff"
    error = raised(cl.Error, runtime.image, odd)
    assert os.fsencode(error.subject) == odd and r"odd\xff" in str(error)
    error = raised(cl.Error, runtime.load, os.fsdecode(bytes(work) + b"/\xff.tar"))
    assert error.subject.endswith("/\udcff.tar") and error.code == errno.ENOENT
    done = runtime.run(busybox(), args=["sh", "-c", "printf 'bad \\377' >&2; exit 1"])
    assert r"bad \xff" in str(raised(cl.ExitError, done.check))

    options = dict(args=["sh", "-c", "echo $1; sleep 100", "sh", odd], env={"ODD": odd}, labels={odd: "ü"})
    with runtime.start(busybox(), **options) as container:
        info = container.inspect()
        assert info.args[-1] == "odd\udcff" and "ODD=odd\udcff" in info.env
        assert info.labels == {"odd\udcff": "ü"} and repr(info)
        assert next(container.logs(follow=True)).text == odd
        assert container.exec(["echo", info.args[-1]]).out == odd + b"\n"
    assert runtime.run(busybox(), args=["echo", info.args[-1]]).out == odd + b"\n"
    assert r"odd\xff" in runtime.plan(busybox(), **options)


def test_a_long_message_is_cut_between_characters():
    assert "…" in raised(cl.Error, runtime.load, "/" + "€" * 300).args[0]


def test_other_threads_run_during_all_that_asks_the_disk():
    image = busybox()
    with runtime.create(image, args=["true"]) as container:
        for call in (
            lambda: image.tags,
            lambda: runtime.plan(image),
            lambda: runtime.find(container.name),
            lambda: cl.Runtime(root=work / "data", run_root=work / "run"),
            runtime.images,
            runtime.containers,
            runtime.info,
            container.inspect,
            container.fileno,
            container.logs,
        ):
            assert lets_others_run(call), call
    assert not lets_others_run(lambda: image.id, patience=0.2)


def test_one_thread_at_a_time_reads_a_log():
    with runtime.start(busybox(), args=["sleep", "100"]) as container:
        log = container.logs(follow=True)
        reader = threading.Thread(target=lambda: list(log))
        reader.start()
        time.sleep(0.1)
        raised(ValueError, next, log)
        container.kill()
        reader.join(10)
        assert list(log) == []


def test_streams():
    options = dict(stdin=cl.Stream.pipe(), stdout=cl.Stream.pipe())
    with runtime.start(busybox(), args=["sort"], **options) as container:
        with container.take_in() as end, container.take_out() as out:
            end.write(b"b\na\n")
            end.close()
            assert out.read() == b"a\nb\n"
        assert container.take_in() is None and container.take_err() is None
    with open(work / "out", "wb") as out:
        runtime.run(busybox(), args=["echo", "hi"], stdout=cl.Stream.to(out)).check()
    assert (work / "out").read_bytes() == b"hi\n"
    raised(TypeError, cl.Stream.to, "out")

    size = cl.TerminalSize(rows=30, columns=100)
    with runtime.start(busybox(), args=["sh", "-c", "read x; stty size"], tty=True, terminal_size=size) as container:
        with container.take_terminal() as terminal:
            container.resize(cl.TerminalSize(31, 101))
            terminal.write(b"\n")
            container.wait()
            assert b"31 101" in terminal.read(1000)


def test_seccomp():
    filter = cl.Seccomp.standard().deny("mkdir", "mkdirat", errnum=errno.EXDEV).allow("sync")
    assert b"Invalid cross-device link" in runtime.run(busybox(), args=["mkdir", "/new"], seccomp=filter).err
    raised(TypeError, filter.allow, 1)


def test_what_is_known():
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    options = dict(mounts=[cl.Mount("/in", source=work)], cwd="/tmp", user="0:0", read_only=True)
    with runtime.start(busybox(), args=["echo", "hi"], **options) as container:
        container.wait()
        info = container.inspect()
        moments = [before, info.created, info.started, info.finished, datetime.datetime.now(datetime.timezone.utc)]
        assert moments == sorted(moments)
        assert before < next(container.logs()).time < moments[-1]
        assert (info.exit.code, info.read_only, info.tty, info.cwd) == (0, True, False, pathlib.Path("/tmp"))
        assert info.mounts[0].source == work and info.limits.pids is None and info.image_id == busybox().id
    host = runtime.info()
    assert (host.root, host.images, host.containers) == (work / "data", 1, 0)
    assert {"memory", "pids"} <= {controller.name for controller in host.controllers}


def test_checkpoint():
    with runtime.start(busybox(), args=["sleep", "100"]) as container:
        error = raised(cl.Error, container.checkpoint, work / "checkpoint", leave_running=True, criu="/no/criu")
        assert error.code == cl.Errc.unsupported, error
        assert container.inspect().state == cl.ContainerState.running
    error = raised(cl.Error, runtime.restore, work / "checkpoint", name="again", criu="/bin/true")
    assert error.code == (cl.Errc.unsupported if os.geteuid() else errno.ENOENT), error


def test_representations():
    done = runtime.run(busybox(), args=["echo", "hi"])
    assert repr(done) == "<containerlib.Completed exited with 0, 3 bytes of out, 0 of err>"
    assert repr(done.status) == "<containerlib.ExitStatus exited with 0>"
    assert repr(busybox()) == f"<containerlib.Image {busybox().id[:19]}>"
    assert repr(cl.TerminalSize()) == "TerminalSize(rows=24, columns=80)"
    mount = cl.Mount("/in", source="/out", writable=True)
    again = eval(repr(mount), {"Mount": cl.Mount, "PosixPath": pathlib.PosixPath})
    assert (again.target, again.source, again.writable) == (mount.target, mount.source, True)
    assert "pids=7" in repr(cl.Limits(pids=7)) and "device" in repr(cl.IoLimit("/dev/vda"))
    with runtime.start(busybox(), name="shown", args=["echo", "hi"]) as container:
        container.wait()
        assert repr(container) == f"<containerlib.Container shown {container.id[:12]}>"
        assert "name='shown'" in repr(container.inspect()) and "text=b'hi'" in repr(next(container.logs()))
    assert "kernel=" in repr(runtime.info())


def stub_classes():
    """The classes of the stub, by their full names."""
    found = {}

    def collect(body, prefix):
        for node in body:
            if isinstance(node, ast.ClassDef):
                found[prefix + node.name] = node
                collect(node.body, prefix + node.name + ".")

    collect(ast.parse((SOURCE / "bindings/python/containerlib-stubs/__init__.pyi").read_text()).body, "")
    return found


def members(node):
    for item in node.body:
        if isinstance(item, ast.AnnAssign):
            yield item.target.id
        elif isinstance(item, (ast.FunctionDef, ast.ClassDef)):
            yield item.name


def test_the_stub_has_what_the_module_has():
    stub = {name: set(members(node)) for name, node in stub_classes().items() if not name.startswith("_")}
    have = {}

    def collect(holder, prefix):
        for name, value in vars(holder).items():
            if isinstance(value, type) and value.__module__ == "containerlib" and not name.startswith("_"):
                have[prefix + name] = value
                collect(value, prefix + name + ".")

    collect(cl, "")
    assert stub.keys() == have.keys()
    for name, kind in have.items():
        if issubclass(kind, Exception):  # an object gets its attributes when it is raised
            continue
        public = {member for member in vars(kind) if not member.startswith("_")}
        if hasattr(kind, "__members__"):
            public -= {"name", "value"}  # the stub has them once for all
        assert stub[name] - public <= set(dir(kind)) and public <= stub[name], f"{name}: {stub[name] ^ public}"


def test_options_are_those_of_the_stub_and_of_cxx():
    image = busybox()
    with runtime.start(image, args=["sleep", "100"]) as container:
        calls = {
            "ContainerOptions": lambda **options: runtime.plan(image, **options),
            "ExecOptions": lambda **options: container.exec(["true"], **options),
            "ImportOptions": lambda **options: runtime.import_rootfs(work / "rootfs", **options),
        }
        header = (SOURCE / "include/containerlib/options.hpp").read_text()
        for name, call in calls.items():
            options = set(members(stub_classes()["_" + name]))
            call(**{option: None for option in options})
            assert "nosuch" in str(raised(TypeError, call, nosuch=None))
            text = re.search(rf"struct {name} {{(.*?)\n}};", header, re.S)[1]
            fields = set(re.findall(r"(\w+) = [^,;=]*?[,;]", re.sub(r"//.*", "", text)))
            renamed = {"in": "stdin", "out": "stdout", "err": "stderr"}
            assert options == {renamed.get(field, field) for field in fields} - {"stop"}, name


def test_blocks_of_the_guide():
    text = (SOURCE / "docs/guide.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    assert blocks
    busybox().save(work / "busybox.tar")
    names, here = {}, os.getcwd()
    os.chdir(work)
    try:
        for block in blocks:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(block.replace("cl.Runtime()", 'cl.Runtime(root="data", run_root="run")'), names)
    except cl.Error as error:
        if error.code == cl.Errc.unsupported:
            raise results.Skip(str(error)) from None
        raise
    finally:
        os.chdir(here)


if __name__ == "__main__":
    with TMP:
        results.main(globals())
