// SEC-21: a container whose entry point is /proc/self/exe runs the program that starts containers,
// and may overwrite it while it runs (CVE-2019-5736).
#include <fcntl.h>
#include <sys/statvfs.h>

#include "integration/oci_bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

std::string hash_of(const fs::path& file) {
  return command({"sha256sum", "--", file}).out.substr(0, 64);
}

/// The files that run on the host's behalf: this program and the libraries it has mapped.
std::string hash_of_host() {
  std::string hashes = hash_of("/proc/" + std::to_string(::getpid()) + "/exe");
  for (const std::string& line : lines_of(read_file("/proc/self/maps"))) {
    const std::size_t path = line.find('/');
    if (path != std::string::npos && contains(line, "containerlib") && contains(line, " r-xp "))
      hashes += hash_of(line.substr(path));
  }
  return hashes;
}

/// Whether the program that a process executes is one in memory, and nobody can write to it.
void is_sealed(int pid) {
  const std::string exe = "/proc/" + std::to_string(pid) + "/exe";
  CHECK(contains(fs::read_symlink(exe).string(), "/memfd:containerlib-"));
  const cl::Fd program(::open(exe.c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(program);
  constexpr int needed = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  CHECK((::fcntl(program.get(), F_GET_SEALS) & needed) == needed);
}

/// The OCI command at a place of its own, which the attacker may destroy, and a root whose dynamic
/// loader is his (see loader.c).
class Attacked {
 public:
  Attacked() {
    fs::copy_file(CONTAINERLIB_RUNTIME, program);
    fs::create_directory(bundle.rootfs() / "lib64");
    fs::copy_file(HOSTILE_LOADER, bundle.rootfs() / "lib64/ld-linux-x86-64.so.2");
    write_file(bundle.rootfs() / "bin/script", "#!/proc/self/exe\n");
    fs::permissions(bundle.rootfs() / "bin/script", fs::perms(0755));
    fs::permissions(bundle.rootfs() / "tmp", fs::perms::all);
  }

  /// As for a container that may mount: it will try to make the program's mount writable.
  void configure(const OciConfig& config) {
    bundle.configure(config);
    std::string text = read_file(bundle.dir() / "config.json");
    const std::string few = R"(["CAP_KILL"])", more = R"(["CAP_KILL", "CAP_SYS_ADMIN"])";
    for (std::size_t at = 0; (at = text.find(few, at)) != text.npos; at += more.size())
      text.replace(at, few.size(), more);
    write_file(bundle.dir() / "config.json", text);
  }

  /// Runs a command of it and waits until the attacker has tried.
  void survives(Args words) {
    const fs::path tried = bundle.rootfs() / "tmp/tried";
    fs::remove(tried);
    const auto size = fs::file_size(program);
    const auto time = fs::last_write_time(program);
    Args args = bundle.line(words);
    args[0] = program;
    args.insert(args.begin(), {"sh", "-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh"});
    const CommandResult result = command(args, {.cwd = bundle.dir()});
    REQUIRE_MESSAGE(result.code == 0, words[0]);
    REQUIRE(eventually([&] { return fs::exists(tried); }, 20s));
    const bool same = fs::file_size(program) == size && fs::last_write_time(program) == time;
    CHECK_MESSAGE(same, words[0] << ", written at try " << read_file(tried));
  }

  OciBundle bundle;
  const fs::path program = bundle.dir() / "containerlib-runtime";
};

}  // namespace

TEST_CASE("SEC-21 the program that made a container cannot be overwritten from it") {
  SKIP_IF(std::string(HOSTILE) == HOSTILE_LOADER, "the attacker's loader is for x86-64");
  Attacked attacked;
  for (const char* program : {"/proc/self/exe", "/bin/script"}) {
    attacked.configure({.args = {program}});
    const std::string id = attacked.bundle.new_id();
    attacked.survives({"run", "-d", id});
    attacked.bundle.remove(id);
  }
  attacked.configure({});
  const std::string id = attacked.bundle.running();
  for (const char* program : {"/proc/self/exe", "/proc/thread-self/exe", "/bin/script"})
    attacked.survives({"exec", "-d", id, program});
  attacked.bundle.remove_reaping(id);
}

TEST_CASE_FIXTURE(Containers, "SEC-21 the monitor's program is a sealed one in memory") {
  SKIP_IF(!is_root(), "an ordinary user may not look at it");
  cl::Container container = start({"sleep", "60"});
  is_sealed(monitor_of(container));
}

TEST_CASE("SEC-21 the OCI command's program is one that nobody can write to") {
  OciBundle bundle;
  const std::string id = bundle.new_id();
  bundle.configure({.args = {"sh", "-c", "echo up; sleep 1000"}});
  Args words = bundle.line({"run", "--bundle", bundle.dir(), id});
  Background run(words);
  REQUIRE(run.read_line() == "up");
  if (is_root()) {
    // Its own mount of the file, whatever that of the directory allows.
    struct statvfs mount {};
    REQUIRE(::statvfs(("/proc/" + std::to_string(run.pid()) + "/exe").c_str(), &mount) == 0);
    CHECK((mount.f_flag & ST_RDONLY) != 0);
  } else {
    is_sealed(run.pid());
  }
  CHECK(read_file("/proc/" + std::to_string(run.pid()) + "/comm") == "containerlib-ru\n");
  bundle.remove(id);
  run.wait();
}

TEST_CASE_FIXTURE(Containers,
                  "SEC-21 /proc/self/exe as the command: the host's files are unchanged") {
  const std::string before = hash_of_host();
  for (const std::string program : {"/proc/self/exe", "/proc/1/exe", "/proc/thread-self/exe"}) {
    // It may be refused, or it may run the monitor's own program, which then has no socket: but it
    // must end, and not with success.
    auto result = runtime().try_run(busybox(), {.args = {program}, .timeout = 10s});
    if (result) CHECK_FALSE(result->status.success());
  }
  CHECK(hash_of_host() == before);
}

TEST_CASE_FIXTURE(Containers, "SEC-21 a script with #!/proc/self/exe") {
  const HostileImage image(*this, [](const fs::path& root) {
    write_file(root / "bin/script", "#!/proc/self/exe\n");
    fs::permissions(root / "bin/script", fs::perms(0755));
  });
  const std::string before = hash_of_host();
  auto result = runtime().try_run(image, {.args = {"/bin/script"}, .timeout = 10s});
  if (result) CHECK_FALSE(result->status.success());
  CHECK(hash_of_host() == before);
}

TEST_CASE_FIXTURE(Containers, "SEC-21 the program behind an exec cannot be opened for writing") {
  // A process that tries, as the exploit does, to open the executable of every process it sees,
  // while commands are exec'd beside it.
  cl::Container container =
      start({"sh", "-c",
             "while :; do for p in /proc/[0-9]*; do"
             "  case $(readlink $p/exe) in /bin/busybox|'') ;; *) readlink $p/exe;"
             "    (echo bad > $p/exe) 2>/dev/null && echo WRITTEN;; esac; done; done"});
  const std::string before = hash_of_host();
  for (int i = 0; i < 50; ++i) CHECK(container.exec({"true"}).status.success());
  container.kill();
  container.wait();
  for (const cl::LogLine& line : container.logs()) {
    CHECK_MESSAGE(line.text != "WRITTEN", line.text);
    // What it may see at most is the sealed copy in memory.
    if (!line.is_err) CHECK_MESSAGE(contains(line.text, "memfd:"), line.text);
  }
  CHECK(hash_of_host() == before);
}
