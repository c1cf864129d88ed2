// sandbox DATA ROOTFS COMMAND [ARG...]: a host program that lets a command it does not trust work
// on a question and reads its answer. The command sees a root file system it cannot write, no
// network, no other process, and gets little time and memory; whatever it does, the host goes on.
#include <containerlib/containerlib.hpp>

#include <iostream>

namespace cl = containerlib;
using namespace cl::literals;
using namespace std::chrono_literals;

namespace {

/// The answer, or why there is none.
std::string ask(cl::Runtime& runtime, const cl::Image& image, std::vector<std::string> command) {
  const cl::Completed done = runtime.run(
      image, {.args = std::move(command),
              .user = "65534:65534",
              .mounts = {{.target = "/tmp", .tmpfs_size = 1_MiB}},
              .read_only = true,
              .network = cl::Network::none,
              .limits = {.memory = 32_MiB, .memory_swap = 32_MiB, .cpus = 0.5, .pids = 16},
              .cap_drop = {"ALL"},
              .timeout = 2s});
  using Kind = cl::ExitStatus::Kind;
  switch (done.status.kind) {
    case Kind::exited: return done.status.code == 0 ? "answer: " + done.out : "failed: " + done.err;
    case Kind::timed_out: return "no answer in time\n";
    case Kind::oom_killed:
    case Kind::signaled: break;
  }
  return done.status.message() + '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: sandbox DATA ROOTFS COMMAND [ARG...]\n";
    return 2;
  }
  try {
    const std::filesystem::path data = argv[1];
    cl::Runtime runtime({.root = data, .run_root = data / "run"});
    std::cout << ask(runtime, runtime.import(argv[2]), {argv + 3, argv + argc});
    return 0;
  } catch (const cl::Error& error) {
    std::cerr << "sandbox: " << error.what() << '\n';
    return 125;
  }
}
