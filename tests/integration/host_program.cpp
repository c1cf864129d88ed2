// A host program for the tests to kill: starts containers, prints "ID PID" of each and "ready", and
// sleeps.
//
//   integration-host ROOT RUN_ROOT attached|detached NUMBER
#include <unistd.h>

#include <containerlib/containerlib.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

namespace cl = containerlib;

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  try {
    cl::Runtime runtime({.root = argv[1], .run_root = argv[2]});
    const cl::Image image = runtime.image("busybox");
    const bool detached = std::string(argv[3]) == "detached";
    std::vector<cl::Container> containers;
    for (int i = 0; i < std::atoi(argv[4]); ++i) {
      containers.push_back(runtime.start(
          image, {.args = {"sh", "-c", "sleep 600 & sleep 600 & wait"},
                  .on_host_death = detached ? cl::HostDeath::detach : cl::HostDeath::kill}));
      std::printf("%s %d\n", containers.back().id().c_str(), containers.back().inspect().pid);
    }
    std::puts("ready");
    std::fflush(stdout);
    for (;;) ::pause();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "integration-host: %s\n", error.what());
    return 1;
  }
}
