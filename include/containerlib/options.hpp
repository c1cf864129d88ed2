#pragma once
#include <containerlib/config.hpp>
#include <containerlib/fd.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

// Options are values for designated initialisers: every field has a default, fields are only ever
// added at the end, and a field that loosens the isolation is named for what it allows.
CONTAINERLIB_BEGIN_NAMESPACE

using Milliseconds = std::chrono::milliseconds;

/// A number of bytes: 64_MiB.
struct Bytes {
  std::uint64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};
inline namespace literals {
constexpr Bytes operator""_B(unsigned long long n) { return {n}; }
constexpr Bytes operator""_KiB(unsigned long long n) { return {n << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return {n << 20}; }
constexpr Bytes operator""_GiB(unsigned long long n) { return {n << 30}; }
}  // namespace literals

/// A throttle of one block device, for Limits::io.
struct IoLimit {
  std::filesystem::path device = {};  ///< "/dev/vda"; a block device of the host
  std::optional<Bytes> read_bytes_per_second = {};
  std::optional<Bytes> write_bytes_per_second = {};
  std::optional<std::uint64_t> read_operations_per_second = {};
  std::optional<std::uint64_t> write_operations_per_second = {};
};

/// Resource limits, kept by cgroups. What is unset is unlimited, but for `pids`. A limit this host
/// cannot apply is an error that names the controller and the reason.
struct Limits {
  std::optional<Bytes> memory = {};
  /// Memory plus swap; at least `memory`; the same: no swap. Unset: twice `memory`.
  std::optional<Bytes> memory_swap = {};
  std::optional<double> cpus = {};               ///< 0.5 is half of one CPU
  std::optional<std::uint32_t> cpu_weight = {};  ///< 1 to 10000 (cgroup v2 cpu.weight), default 100
  std::string cpuset_cpus = {};                  ///< "0-1,3"
  std::string cpuset_mems = {};                  ///< NUMA nodes, the same form
  std::optional<std::uint32_t> pids = {};        ///< unset: 2048 where possible; 0: no limit
  std::vector<IoLimit> io = {};
  bool unlimited_swap = false;  ///< instead of memory_swap
  /// Instead of cpu_weight, as cgroup v1 counts: 2 to 262144, default 1024.
  std::optional<std::uint32_t> cpu_shares = {};
  std::optional<Bytes> memory_reservation = {};  ///< taken last when the host is short of memory
};

/// A host directory or file, or a tmpfs, in the container. Host sources appear with their
/// ownership as the container sees it (idmapped), nosuid and nodev.
struct Mount {
  std::filesystem::path source = {};  ///< on the host; empty: a tmpfs
  std::filesystem::path target = {};  ///< absolute, in the container; made when missing
  bool writable = false;              ///< a tmpfs is writable unless `read_only`
  bool read_only = false;             ///< for a tmpfs
  std::optional<Bytes> tmpfs_size = {};
  unsigned tmpfs_mode = 01777;
  std::uint32_t tmpfs_uid = 0, tmpfs_gid = 0;  ///< its owner, as the container counts
};

/// A limit that each process has for itself (setrlimit(2)).
struct Ulimit {
  std::string name = {};  ///< "nofile"
  std::uint64_t soft = 0, hard = 0;
  static constexpr std::uint64_t unlimited = ~std::uint64_t{0};
};

enum class Network {
  none,  ///< a network namespace of its own, with the loopback device only
  host,  ///< the host's: no isolation of the network
};

enum class UserNamespace {
  automatic,  ///< own ids: as root a free range of 65,536, rootless the user's subordinate ids
  host,       ///< as root: the host's ids, so container root is host root. Rootless: as automatic
  /// Rootless only: the caller's user and group id are the same inside, the subordinate ids are the
  /// others, and the command runs as the caller unless `user` says otherwise.
  keep_id,
  nomap,  ///< rootless only: the subordinate ids; the caller's own is not among those inside
};

/// For Landlock::paths: a file, or a directory with all below it.
struct LandlockPath {
  std::filesystem::path path = {};  ///< in the container, absolute; has to be there at the start
  bool writable = false;            ///< else no more than reading, listing and executing
  bool executable = true;
};

/// A further wall around the workload, kept by Landlock (landlock(7)): of what it could do without,
/// what is listed here is left. It also holds for commands run in the container. By default there
/// is none. What this kernel cannot keep is an error (Errc::unsupported), not left out.
struct Landlock {
  /// Files: only what is below one of these may be opened, made, removed or executed, and the
  /// devices of the container's /dev may be used. Empty: no limit. Linux 6.2.
  std::vector<LandlockPath> paths = {};
  /// The TCP ports that a socket may be bound to, or connected to. Unset: any; empty: none.
  /// Linux 6.7.
  std::optional<std::vector<std::uint16_t>> tcp_bind = {}, tcp_connect = {};
  /// No abstract unix socket, and no process for a signal, but of the workload's own: a command run
  /// in the container cannot reach those of the main process either. Linux 6.12.
  bool scope_abstract_sockets = false, scope_signals = false;
};

/// Where one of a process's standard streams goes.
class CONTAINERLIB_API Stream {
 public:
  /// Output is kept: run() returns it in Completed, a container's goes to its log (see logs()).
  /// For an input: the same as discard().
  static Stream capture() noexcept { return Stream(Kind::capture, -1); }
  /// A pipe whose other end the host takes with take_in(), take_out(), take_err().
  static Stream pipe() noexcept { return Stream(Kind::pipe, -1); }
  /// The host's own stream of the same number; /dev/null if that is closed or close-on-exec.
  static Stream inherit() noexcept { return Stream(Kind::inherit, -1); }
  /// /dev/null.
  static Stream discard() noexcept { return Stream(Kind::discard, -1); }
  /// This descriptor. It is duplicated when the process starts and must stay open until then.
  static Stream to(int fd) noexcept { return Stream(Kind::descriptor, fd); }
  Stream() noexcept : Stream(Kind::capture, -1) {}

  enum class Kind : std::uint8_t { capture, pipe, inherit, discard, descriptor };
  Kind kind() const noexcept { return kind_; }
  int descriptor() const noexcept { return fd_; }

 private:
  Stream(Kind kind, int fd) noexcept : kind_(kind), fd_(fd) {}
  Kind kind_;
  int fd_;
};

/// What the workload may ask of the kernel (seccomp(2)). Order is meaning (a later rule wins), so
/// it is built, not listed. A value; compiled once per Runtime and kept.
class CONTAINERLIB_API Seccomp {
 public:
  static Seccomp standard();    ///< the allow-list of docs/security.md; unknown calls get ENOSYS
  static Seccomp unconfined();  ///< no filter
  /// System calls by name. An unknown name is an invalid_option when the container is made.
  Seccomp& allow(std::initializer_list<std::string_view> calls);
  Seccomp& deny(std::initializer_list<std::string_view> calls, int errnum);
  struct Rule {
    std::string call = {};
    int errnum = 0;  ///< 0: allowed
    bool operator==(const Rule&) const = default;
  };
  bool confined() const noexcept { return confined_; }
  const std::vector<Rule>& rules() const noexcept { return rules_; }

 private:
  bool confined_ = true;
  std::vector<Rule> rules_ = {};
};

/// A terminal's size in character cells.
struct TerminalSize {
  std::uint16_t rows = 24, columns = 80;
};

/// What becomes of a container when the host process dies.
enum class HostDeath {
  kill,    ///< it is killed and all it had is removed, within a second
  detach,  ///< it lives on under a monitor of its own; Runtime::find() finds it again
};

struct ContainerOptions {
  std::string name = {};  ///< [a-zA-Z0-9][a-zA-Z0-9_.-]*; generated when empty
  /// The command. Empty: the image's Cmd. It follows the entry point, if there is one.
  std::vector<std::string> args = {};
  std::optional<std::vector<std::string>> entrypoint = {};  ///< unset: the image's; empty: none
  std::map<std::string, std::string> env = {};              ///< over the image's
  std::filesystem::path cwd = {};                           ///< empty: the image's, else "/"
  std::string user = {};      ///< "uid[:gid]" or names in the image; empty: the image's
  std::string hostname = {};  ///< empty: the first 12 digits of the id
  std::vector<Mount> mounts = {};
  bool read_only = false;  ///< the root file system
  Network network = Network::none;
  Limits limits = {};
  std::vector<std::string> cap_add = {};   ///< "NET_RAW", "CAP_NET_RAW" or "ALL"
  std::vector<std::string> cap_drop = {};  ///< taken away after cap_add, "ALL" before it
  Seccomp seccomp = Seccomp::standard();
  bool new_privileges = false;  ///< let setuid programs and file capabilities raise privileges
  bool unmasked_paths = false;  ///< do not hide the sensitive files of /proc and /sys
  UserNamespace user_namespace = UserNamespace::automatic;
  Stream in = Stream::discard(), out = {}, err = {};
  bool tty = false;  ///< a terminal on all three streams; see Container::take_terminal()
  TerminalSize terminal_size = {};
  std::string stop_signal = {};  ///< "SIGTERM", "TERM" or "15"; empty: the image's, else SIGTERM
  Milliseconds timeout = {};     ///< wall time, for run(); zero is none
  HostDeath on_host_death = HostDeath::kill;
  bool auto_remove = false;                        ///< remove the container when it has ended
  std::map<std::string, std::string> labels = {};  ///< over the image's
  /// Also of commands run in it. Unset: core, nice and rtprio are 0, the others are the host's.
  std::vector<Ulimit> ulimits = {};
  std::vector<std::string> groups = {};  ///< more groups for the user, as for `user`
  std::optional<Bytes> shm_size = {};    ///< of /dev/shm; unset: 64 MiB
  /// For run(): ends it with std::errc::operation_canceled, within a fraction of a second. What was
  /// started is killed and removed by then.
  std::stop_token stop = {};
  /// Danger: it can undo every isolation that the other options have. A part of an OCI config.json
  /// (runtime-spec 1.3), applied over the configuration that they make:
  /// R"({"linux": {"sysctl": {"net.ipv4.ip_forward": "1"}}})". What it has replaces; but
  /// * appended: mounts, linux.devices, the lists of linux.resources (a later device rule counts),
  ///   maskedPaths, readonlyPaths; merged by key: sysctl, annotations, netDevices, unified, rdma;
  /// * of env, rlimits and namespaces an entry replaces the one of its name or type. A namespace
  ///   of the host is joined by its path: {"type": "ipc", "path": "/proc/1/ns/ipc"};
  /// * args, additionalGids, each set of capabilities, id mappings and seccomp replace as a whole.
  /// Its `process` also holds for commands run in the container. Refused: root.path, hooks,
  /// linux.intelRdt, a user namespace by path, a mount namespace by path, a process.terminal other
  /// than `tty`. Unknown fields are ignored, as the specification demands. An error names the
  /// field; an index into mounts or namespaces may count those of the other options first.
  std::string unsafe_oci_spec = {};
  /// Lets the workload make user namespaces, in which it has all capabilities: much of the kernel
  /// that is out of reach otherwise can be attacked from there.
  bool nested_user_namespaces = false;
  Landlock landlock = {};
};

struct ExecOptions {
  std::map<std::string, std::string> env = {};  ///< over the container's
  std::filesystem::path cwd = {};               ///< empty: the container's
  std::string user = {};                        ///< empty: the container's
  Stream in = Stream::discard(), out = {}, err = {};
  bool tty = false;
  TerminalSize terminal_size = {};
  Milliseconds timeout = {};  ///< for exec(); zero is none
  /// For exec(): ends it with std::errc::operation_canceled. The command has been killed by then.
  std::stop_token stop = {};
};

/// For Container::checkpoint().
struct CheckpointOptions {
  bool leave_running = false;       ///< it runs on; else it has ended then
  bool tcp_established = false;     ///< keep open TCP connections, which are an error otherwise
  bool file_locks = false;          ///< keep locks on files, which are an error otherwise
  std::filesystem::path criu = {};  ///< the program; empty: looked up in the system's directories
};

/// For Runtime::restore().
struct RestoreOptions {
  std::string name = {};            ///< as ContainerOptions::name
  std::filesystem::path criu = {};  ///< as CheckpointOptions::criu
};

enum class LogLevel { debug, info, warning };

struct RuntimeOptions {
  /// Images, layers, container file systems. Empty: /var/lib/containerlib as root, else
  /// $XDG_DATA_HOME/containerlib or ~/.local/share/containerlib. Made with mode 0700.
  std::filesystem::path root = {};
  /// State of what runs now. Empty: /run/containerlib as root, else $XDG_RUNTIME_DIR/containerlib
  /// or /tmp/containerlib-UID. Made with mode 0700. What was started with one run directory cannot
  /// be stopped with another; Errc::in_use tells which one is wanted.
  std::filesystem::path run_root = {};
  /// Called inside library calls, on the caller's thread; what it throws is dropped. A line has
  /// printable characters only. Silent by default.
  std::function<void(LogLevel, std::string_view line)> on_log = {};
  /// Called ten times a second while a call waits for a workload, on the caller's thread: run(),
  /// exec(), wait(), wait_for(), stop() within its grace, and a log that is followed. What it
  /// throws ends the call; what run() and exec() have started is killed by then, else only the
  /// waiting ends. For hosts such as interpreters, which handle signals on that thread.
  std::function<void()> on_wait = {};
};

struct LoadOptions {
  std::string platform = {};  ///< "linux/arm64/v8"; empty: the host's
  std::string tag = {};       ///< one more name for the image
  std::stop_token stop = {};  ///< ends the call with std::errc::operation_canceled
};

struct ImportOptions {
  std::string tag = {};
  std::vector<std::string> entrypoint = {};
  std::vector<std::string> command = {};
  std::map<std::string, std::string> env = {};
  std::string user = {};
  std::string cwd = {};
  std::stop_token stop = {};
  std::map<std::string, std::string> labels = {};
  std::vector<std::string> exposed_ports = {};  ///< "80/tcp"
  std::vector<std::string> volumes = {};
  std::string stop_signal = {};
  std::string message = {};  ///< a comment for the image's history
  /// Unset: the image has no date, and the same tree makes the same image.
  std::optional<std::chrono::system_clock::time_point> created = {};
};

enum class ImageFormat { oci_archive, docker_archive, oci_layout };

CONTAINERLIB_END_NAMESPACE
