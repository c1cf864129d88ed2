"""Types of the module, for editors and type checkers. The module's test compares the two."""
import datetime
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from io import FileIO
from types import TracebackType
from typing import Any, ClassVar, Final, Protocol, TypedDict

from typing_extensions import Self, Unpack

__version__: str

_Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_Text = str | bytes
_TextMapping = Mapping[str, _Text] | Mapping[bytes, _Text]
_Time = float | datetime.timedelta  # a number is seconds

class _HasFileno(Protocol):
    def fileno(self) -> int: ...

class _Enum:
    name: Final[str]
    value: Final[int]

class Errc(_Enum):
    invalid_option: ClassVar[Errc]
    image_not_found: ClassVar[Errc]
    image_corrupt: ClassVar[Errc]
    container_not_found: ClassVar[Errc]
    name_in_use: ClassVar[Errc]
    in_use: ClassVar[Errc]
    not_running: ClassVar[Errc]
    already_running: ClassVar[Errc]
    command_not_found: ClassVar[Errc]
    not_executable: ClassVar[Errc]
    unknown_user: ClassVar[Errc]
    unsupported: ClassVar[Errc]
    not_permitted: ClassVar[Errc]
    timed_out: ClassVar[Errc]
    monitor_lost: ClassVar[Errc]
    used_after_fork: ClassVar[Errc]

class Error(RuntimeError):
    operation: str
    subject: str
    hint: str
    code: Errc | int  # an int is an errno
    category: str

class ExitError(RuntimeError):
    completed: Completed

class Network(_Enum):
    none: ClassVar[Network]
    host: ClassVar[Network]

class UserNamespace(_Enum):
    automatic: ClassVar[UserNamespace]
    host: ClassVar[UserNamespace]
    keep_id: ClassVar[UserNamespace]
    nomap: ClassVar[UserNamespace]

class HostDeath(_Enum):
    kill: ClassVar[HostDeath]
    detach: ClassVar[HostDeath]

class ContainerState(_Enum):
    created: ClassVar[ContainerState]
    running: ClassVar[ContainerState]
    paused: ClassVar[ContainerState]
    exited: ClassVar[ContainerState]

class ImageFormat(_Enum):
    oci_archive: ClassVar[ImageFormat]
    docker_archive: ClassVar[ImageFormat]
    oci_layout: ClassVar[ImageFormat]

class Stream:
    @staticmethod
    def capture() -> Stream: ...
    @staticmethod
    def pipe() -> Stream: ...
    @staticmethod
    def inherit() -> Stream: ...
    @staticmethod
    def discard() -> Stream: ...
    @staticmethod
    def to(file: int | _HasFileno) -> Stream: ...

class TerminalSize:
    def __init__(self, rows: int = 24, columns: int = 80) -> None: ...
    rows: Final[int]
    columns: Final[int]

class Seccomp:
    @staticmethod
    def standard() -> Seccomp: ...
    @staticmethod
    def unconfined() -> Seccomp: ...
    def allow(self, *calls: str) -> Self: ...
    def deny(self, *calls: str, errnum: int) -> Self: ...

class Mount:
    def __init__(
        self,
        target: _Path,
        *,
        source: _Path | None = None,
        writable: bool = False,
        read_only: bool = False,
        tmpfs_size: int | None = None,
        tmpfs_mode: int = 0o1777,
        tmpfs_uid: int = 0,
        tmpfs_gid: int = 0,
    ) -> None: ...
    target: Final[pathlib.Path]
    source: Final[pathlib.Path | None]
    writable: Final[bool]
    read_only: Final[bool]
    tmpfs_size: Final[int | None]
    tmpfs_mode: Final[int]
    tmpfs_uid: Final[int]
    tmpfs_gid: Final[int]

class LandlockPath:
    def __init__(self, path: _Path, *, writable: bool = False, executable: bool = True) -> None: ...
    path: Final[pathlib.Path]
    writable: Final[bool]
    executable: Final[bool]

class Landlock:
    def __init__(
        self,
        *,
        paths: Sequence[LandlockPath] = ...,
        tcp_bind: Sequence[int] | None = None,
        tcp_connect: Sequence[int] | None = None,
        scope_abstract_sockets: bool = False,
        scope_signals: bool = False,
    ) -> None: ...
    paths: Final[list[LandlockPath]]
    tcp_bind: Final[list[int] | None]
    tcp_connect: Final[list[int] | None]
    scope_abstract_sockets: Final[bool]
    scope_signals: Final[bool]

class IoLimit:
    def __init__(
        self,
        device: _Path,
        *,
        read_bytes_per_second: int | None = None,
        write_bytes_per_second: int | None = None,
        read_operations_per_second: int | None = None,
        write_operations_per_second: int | None = None,
    ) -> None: ...
    device: Final[pathlib.Path]
    read_bytes_per_second: Final[int | None]
    write_bytes_per_second: Final[int | None]
    read_operations_per_second: Final[int | None]
    write_operations_per_second: Final[int | None]

class Limits:
    def __init__(
        self,
        *,
        memory: int | None = None,
        memory_swap: int | None = None,
        cpus: float | None = None,
        cpu_weight: int | None = None,
        cpuset_cpus: str = "",
        cpuset_mems: str = "",
        pids: int | None = None,
        io: Sequence[IoLimit] = ...,
        unlimited_swap: bool = False,
        cpu_shares: int | None = None,
        memory_reservation: int | None = None,
    ) -> None: ...
    memory: Final[int | None]
    memory_swap: Final[int | None]
    cpus: Final[float | None]
    cpu_weight: Final[int | None]
    cpuset_cpus: Final[str]
    cpuset_mems: Final[str]
    pids: Final[int | None]
    io: Final[list[IoLimit]]
    unlimited_swap: Final[bool]
    cpu_shares: Final[int | None]
    memory_reservation: Final[int | None]

class Ulimit:
    def __init__(self, name: str, soft: int, hard: int) -> None: ...
    unlimited: ClassVar[int]
    name: Final[str]
    soft: Final[int]
    hard: Final[int]

class _ContainerOptions(TypedDict, total=False):
    name: str | None
    args: Sequence[_Text] | None
    entrypoint: Sequence[_Text] | None
    env: _TextMapping | None
    cwd: _Path | None
    user: str | None
    hostname: str | None
    mounts: Sequence[Mount] | None
    read_only: bool | None
    network: Network | None
    limits: Limits | None
    cap_add: Sequence[str] | None
    cap_drop: Sequence[str] | None
    seccomp: Seccomp | None
    new_privileges: bool | None
    unmasked_paths: bool | None
    user_namespace: UserNamespace | None
    stdin: Stream | None
    stdout: Stream | None
    stderr: Stream | None
    tty: bool | None
    terminal_size: TerminalSize | None
    stop_signal: str | None
    timeout: _Time | None
    on_host_death: HostDeath | None
    auto_remove: bool | None
    labels: _TextMapping | None
    ulimits: Sequence[Ulimit] | None
    groups: Sequence[str] | None
    shm_size: int | None
    unsafe_oci_spec: str | None
    nested_user_namespaces: bool | None
    landlock: Landlock | None

class _ExecOptions(TypedDict, total=False):
    env: _TextMapping | None
    cwd: _Path | None
    user: str | None
    stdin: Stream | None
    stdout: Stream | None
    stderr: Stream | None
    tty: bool | None
    terminal_size: TerminalSize | None
    timeout: _Time | None

class _ImportOptions(TypedDict, total=False):
    tag: str | None
    entrypoint: Sequence[_Text] | None
    command: Sequence[_Text] | None
    env: _TextMapping | None
    user: str | None
    cwd: str | None
    labels: _TextMapping | None
    exposed_ports: Sequence[str] | None
    volumes: Sequence[str] | None
    stop_signal: str | None
    message: str | None
    created: datetime.datetime | None

class ExitStatus:
    class Kind(_Enum):
        exited: ClassVar[ExitStatus.Kind]
        signaled: ClassVar[ExitStatus.Kind]
        timed_out: ClassVar[ExitStatus.Kind]
        oom_killed: ClassVar[ExitStatus.Kind]

    kind: Final[ExitStatus.Kind]
    code: Final[int]
    memory_limit: Final[int]
    success: Final[bool]
    shell_code: Final[int]
    message: Final[str]
    def __bool__(self) -> bool: ...

class Completed:
    status: Final[ExitStatus]
    out: Final[bytes]
    err: Final[bytes]
    def check(self) -> Completed: ...

class Stats:
    memory: Final[int | None]
    memory_peak: Final[int | None]
    memory_limit: Final[int | None]
    cpu: Final[datetime.timedelta | None]
    pids: Final[int | None]
    pids_limit: Final[int | None]
    read: Final[int | None]
    written: Final[int | None]

class LogLine:
    time: Final[datetime.datetime]
    is_err: Final[bool]
    text: Final[bytes]

class LogReader:
    def __iter__(self) -> Iterator[LogLine]: ...
    def __next__(self) -> LogLine: ...

class ContainerInfo:
    id: Final[str]
    name: Final[str]
    image: Final[str]
    image_id: Final[str]
    state: Final[ContainerState]
    pid: Final[int]
    exit: Final[ExitStatus | None]
    created: Final[datetime.datetime]
    started: Final[datetime.datetime | None]
    finished: Final[datetime.datetime | None]
    args: Final[list[str]]
    env: Final[list[str]]
    user: Final[str]
    hostname: Final[str]
    cwd: Final[pathlib.Path]
    mounts: Final[list[Mount]]
    limits: Final[Limits]
    network: Final[Network]
    tty: Final[bool]
    read_only: Final[bool]
    auto_remove: Final[bool]
    labels: Final[dict[str, str]]

class HostInfo:
    class Controller:
        name: Final[str]
        version: Final[str]
        path: Final[str]
        reason: Final[str]

    class Feature:
        name: Final[str]
        available: Final[bool]
        detail: Final[str]

    kernel: Final[str]
    rootless: Final[bool]
    cgroup_layout: Final[str]
    controllers: Final[list[HostInfo.Controller]]
    features: Final[list[HostInfo.Feature]]
    root: Final[pathlib.Path]
    run_root: Final[pathlib.Path]
    images: Final[int]
    containers: Final[int]

class Container:
    id: Final[str]
    name: Final[str]
    def inspect(self) -> ContainerInfo: ...
    def start(self) -> None: ...
    def wait(self) -> ExitStatus: ...
    def wait_for(self, timeout: _Time) -> ExitStatus | None: ...
    def try_wait(self) -> ExitStatus | None: ...
    def fileno(self) -> int: ...
    def kill(self, signal: int = 9) -> None: ...
    def stop(self, grace: _Time = 10) -> ExitStatus: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def checkpoint(
        self,
        directory: _Path,
        *,
        leave_running: bool = False,
        tcp_established: bool = False,
        file_locks: bool = False,
        criu: _Path = "",
    ) -> None: ...
    def exec(self, args: Sequence[_Text], **options: Unpack[_ExecOptions]) -> Completed: ...
    def stats(self) -> Stats: ...
    def logs(self, follow: bool = False, tail: int | None = None) -> LogReader: ...
    def take_in(self) -> FileIO | None: ...
    def take_out(self) -> FileIO | None: ...
    def take_err(self) -> FileIO | None: ...
    def take_terminal(self) -> FileIO | None: ...
    def resize(self, size: TerminalSize) -> None: ...
    def remove(self, force: bool = False) -> None: ...
    def detach(self) -> str: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

class Image:
    id: Final[str]
    digest: Final[str]
    layers: Final[list[str]]
    size: Final[int]
    tags: Final[list[str]]
    config: Final[dict[str, Any]]
    def save(self, to: _Path, format: ImageFormat = ...) -> None: ...

class Runtime:
    def __init__(self, *, root: _Path = "", run_root: _Path = "") -> None: ...
    def load(self, path: _Path, *, platform: str = "", tag: str = "") -> Image: ...
    def load_all(self, path: _Path, *, platform: str = "", tag: str = "") -> list[Image]: ...
    def import_rootfs(self, rootfs: _Path, **options: Unpack[_ImportOptions]) -> Image: ...
    def image(self, reference: str) -> Image: ...
    def images(self) -> list[Image]: ...
    def tag(self, image: Image, name: str) -> None: ...
    def remove_image(self, reference: str, force: bool = False) -> list[str]: ...
    def run(self, image: Image, **options: Unpack[_ContainerOptions]) -> Completed: ...
    def start(self, image: Image, **options: Unpack[_ContainerOptions]) -> Container: ...
    def create(self, image: Image, **options: Unpack[_ContainerOptions]) -> Container: ...
    def restore(self, directory: _Path, *, name: str = "", criu: _Path = "") -> Container: ...
    def plan(self, image: Image, **options: Unpack[_ContainerOptions]) -> str: ...
    def find(self, name_or_id: str) -> Container | None: ...
    def containers(self) -> list[ContainerInfo]: ...
    def info(self) -> HostInfo: ...
