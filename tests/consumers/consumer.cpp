// consumer DATA: what a program that uses the library from outside does first.
#include <containerlib/containerlib.hpp>

#include <cstdio>
#include <cstring>

namespace cl = containerlib;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path data = argv[1];
  cl::Runtime runtime({.root = data / "data", .run_root = data / "run"});
  if (!runtime.images().empty() || !runtime.containers().empty()) return 3;
  try {
    runtime.image("no-such-image");
    return 4;
  } catch (const cl::Error& error) {
    if (error.code() != cl::Errc::image_not_found) return 5;
    if (!std::strstr(error.what(), "no-such-image")) return 6;
  }
  std::printf("containerlib %s on %s\n", std::string(cl::version()).c_str(),
              runtime.info().kernel.c_str());
}
