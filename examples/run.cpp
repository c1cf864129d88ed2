// run DATA IMAGE COMMAND [ARG...]: runs a command in a container of an image archive.
// DATA is the directory where images are kept.
#include <containerlib/containerlib.hpp>

#include <iostream>

namespace cl = containerlib;
using namespace cl::literals;
using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: run DATA IMAGE COMMAND [ARG...]\n";
    return 2;
  }
  try {
    const std::filesystem::path data = argv[1];
    cl::Runtime runtime({.root = data, .run_root = data / "run"});
    cl::Image image = runtime.load(argv[2]);
    cl::Completed done = runtime.run(image, {.args = {argv + 3, argv + argc},
                                             .env = {{"LANG", "C.UTF-8"}},
                                             .limits = {.memory = 64_MiB, .cpus = 0.5, .pids = 32},
                                             .timeout = 30s});
    std::cout << done.out;
    std::cerr << done.err;
    if (!done.status.success()) std::cerr << "run: " << done.status.message() << '\n';
    return done.status.shell_code();
  } catch (const cl::Error& error) {
    std::cerr << "run: " << error.what() << '\n';
    return 125;
  }
}
