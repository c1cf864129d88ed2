// What Runtime::run() of /bin/true costs, next to a program that does only what the kernel must be
// asked for (floor.c) and to other tools, from one run on one machine: read the ratios.
//
//   start_benchmark [--runs N]
//
// For count_system_calls:
//
//   start_benchmark --prepare DIR                   makes the image, the floor's layer and filter
//   start_benchmark --library DIR KIND GIB RUNS     KIND: see with_options()
//
// Needs root. Everything is on: user namespace, overlay, OCI mounts, masked paths, seccomp, limits.
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <containerlib/containerlib.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "benchmarks/contestant.hpp"
#include "integration/busybox_root.hpp"
#include "integration/command.hpp"
#include "sandbox/seccomp/default.hpp"

namespace cl = containerlib;
namespace fs = std::filesystem;
using namespace cl::literals;

namespace {

// ── The contestants' processes ───────────────────────────────────────────────────────────────────

// So that the host process is as large as asked.
void touch(std::size_t gib) {
  if (gib == 0) return;
  const std::size_t size = gib << 30;
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no memory");
  std::memset(memory, 1, size);
}

cl::ContainerOptions with_options(const std::string& kind) {
  cl::ContainerOptions options = {.args = {"/bin/true"}, .limits = {.memory = 64_MiB, .pids = 32}};
  if (kind == "host-ids") options.user_namespace = cl::UserNamespace::host;
  if (kind == "no-limits") options.limits = {.pids = 0};
  if (kind == "off" || kind == "off-network") {
    options.limits = {.pids = 0};
    options.cap_add = {"ALL"};
    options.seccomp = cl::Seccomp::unconfined();
    options.new_privileges = options.unmasked_paths = true;
    options.user_namespace = cl::UserNamespace::host;
    if (kind == "off-network") options.network = cl::Network::host;
  }
  return options;
}

// Zero runs: as many as are asked for by serve().
int library(const fs::path& scratch, const std::string& kind, std::size_t gib, int runs) {
  touch(gib);
  cl::Runtime runtime({.root = scratch / "data", .run_root = scratch / "run"});
  const cl::Image image = runtime.image("busybox");
  const cl::ContainerOptions options = with_options(kind);
  const auto once = [&] { runtime.run(image, options).check(); };
  if (runs == 0) return benchmarks::serve(once);
  while (runs-- > 0) once();
  return 0;
}

int serve_command(char** command) {
  return benchmarks::serve([&] {
    pid_t pid = -1;
    int status = 0;
    if (::posix_spawnp(&pid, command[0], nullptr, nullptr, command, environ) != 0 ||
        ::waitpid(pid, &status, 0) != pid || status != 0)
      std::exit(1);
  });
}

// ── The race ─────────────────────────────────────────────────────────────────────────────────────

using Command = std::vector<std::string>;
const std::string self = fs::read_symlink("/proc/self/exe");

class Race {
 public:
  explicit Race(fs::path scratch) : scratch_(std::move(scratch)) {
    tests::make_busybox_root(layer());
    fs::create_directories(scratch_ / "floor");
    const auto program = containerlib::sandbox::default_seccomp_program();
    std::ofstream(seccomp(), std::ios::binary)
        .write(reinterpret_cast<const char*>(program.data()), std::streamsize(program.size()));
    cl::Runtime runtime({.root = scratch_ / "data", .run_root = scratch_ / "run"});
    runtime.import(layer(), {.tag = "busybox:latest"});
    cgroup_mounts_ = cgroup_mounts_of(runtime.info());
  }

  void floor(const std::string& name, const std::string& of, Command options) {
    Command command = {FLOOR,   "--serve",   "--layer",
                       layer(), "--scratch", scratch_ / "floor" / name};
    fs::create_directories(command.back());
    command.insert(command.end(), options.begin(), options.end());
    add(name, of, command);
  }
  void add_run(const std::string& name, const std::string& floor, const std::string& kind,
               std::size_t gib = 0) {
    add(name, floor, {self, "--library", scratch_, kind, std::to_string(gib), "0"});
  }
  /// `before`: a command that executes its last arguments.
  void tool(const std::string& name, const std::string& floor, Command before,
            const Command& command) {
    if (!tests::has_program(command[0])) {
      std::printf("%s is not installed\n", command[0].c_str());
      return;
    }
    before.insert(before.end(), {self, "--serve-command"});
    before.insert(before.end(), command.begin(), command.end());
    add(name, floor, before);
  }
  void run(int runs) { benchmarks::take_turns(contestants_, runs); }
  bool print() const {
    benchmarks::print_table(contestants_);
    for (const auto& contestant : contestants_)
      if (contestant->failed()) return false;
    return true;
  }
  std::string layer() const { return scratch_ / "layer"; }
  /// For the floor: the mounts that run() makes for its limits.
  const std::string& cgroup_mounts() const { return cgroup_mounts_; }
  std::string seccomp() const { return scratch_ / "seccomp"; }
  /// A directory with the default configuration of `crun spec`, made to run /bin/true.
  std::string bundle() const {
    const fs::path bundle = scratch_ / "bundle";
    fs::create_directories(bundle);
    if (!tests::has_program("crun")) return bundle;
    fs::create_directory_symlink(layer(), bundle / "rootfs");
    tests::command({"crun", "spec"}, {.cwd = bundle});
    std::string config = tests::read_file(bundle / "config.json");
    replace(config, "\"terminal\": true", "\"terminal\": false");
    replace(config, "\"sh\"", "\"/bin/true\"");
    tests::write_file(bundle / "config.json", config);
    return bundle;
  }

 private:
  static std::string cgroup_mounts_of(const cl::HostInfo& info) {
    if (info.cgroup_layout == "v2") return "v2";
    std::string names;
    for (const cl::HostInfo::Controller& controller : info.controllers)
      if (controller.version == "v1" && (controller.name == "memory" || controller.name == "pids"))
        names += (names.empty() ? "" : ",") + controller.name;
    return names;
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at != std::string::npos) text.replace(at, from.size(), to);
  }
  void add(const std::string& name, const std::string& floor, const Command& command) {
    contestants_.push_back(std::make_unique<benchmarks::Contestant>(name, floor, command));
  }

  fs::path scratch_;
  std::string cgroup_mounts_;
  benchmarks::Contestants contestants_;
};

// crun refuses hosts that show it cgroup v1 and v2, so it gets a mount namespace without v2.
const Command without_cgroup2 = {
    "unshare", "-m", "sh", "-c", "umount -l /sys/fs/cgroup/unified 2>/dev/null; exec \"$@\"", "sh"};

bool race(const fs::path& scratch, int runs) {
  Race race(scratch);
  const Command mounts = {"--oci-mounts", "--volatile"};
  const Command everything = {"--oci-mounts", "--volatile", "--cgroup-mounts", race.cgroup_mounts(),
                              "--paths",      "--seccomp",  race.seccomp()};
  const auto with_ids = [](Command options) {
    options.push_back("--user-namespace");
    return options;
  };
  race.floor("floor, bind root", "", {"--bind"});
  race.floor("floor, overlay and mounts", "", mounts);
  race.floor("floor, everything", "", everything);
  race.floor("floor, everything, own ids", "", with_ids(everything));
  race.add_run("run(), host's ids", "floor, everything", "host-ids");
  race.add_run("run(), no limits", "floor, everything, own ids", "no-limits");
  race.add_run("run()", "floor, everything, own ids", "all");
  // What the defences cost: the same namespaces and mounts without them.
  race.add_run("run(), defences off", "floor, everything", "off");
  race.add_run("run(), defences off, host's network", "run(), defences off", "off-network");
  race.add_run("run(), everything on", "run(), defences off", "all");
  // A test of the benchmark need not take the memory, of which a sanitizer wants several times
  // more.
  if (runs >= 10) race.add_run("run(), host of 4 GiB", "run()", "all", 4);
  race.tool("bwrap", "floor, bind root", {},
            {"bwrap", "--unshare-all", "--bind", race.layer(), "/", "--proc", "/proc", "--dev",
             "/dev", "/bin/true"});
  race.tool(
      "crun", "floor, bind root", without_cgroup2,
      {"crun", "--root", scratch / "crun", "run", "--bundle", race.bundle(), "start-benchmark"});
  race.run(runs);
  return race.print();
}

int main_race(int runs) {
  return benchmarks::run_race("/var/tmp/containerlib-benchmark-XXXXXX",
                              [runs](const fs::path& scratch) { return race(scratch, runs); });
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  try {
    const std::string verb = argc > 1 ? argv[1] : "";
    if (verb == "--library" && argc == 6)
      return library(argv[2], argv[3], std::strtoull(argv[4], nullptr, 10), std::atoi(argv[5]));
    if (verb == "--prepare" && argc == 3) return Race(argv[2]), 0;
    if (verb == "--serve-command" && argc > 2) return serve_command(argv + 2);
    return main_race(verb == "--runs" && argc == 3 ? std::atoi(argv[2]) : 100);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "start_benchmark: %s\n", error.what());
    return 1;
  }
}
