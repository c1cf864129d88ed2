// no_exceptions DATA: a host built with -fno-exceptions and -fno-rtti uses the try_ functions.
#include <containerlib/containerlib.hpp>

#include <cstdio>

namespace cl = containerlib;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path data = argv[1];
  cl::Result<cl::Runtime> runtime =
      cl::Runtime::open({.root = data / "data", .run_root = data / "run"});
  if (!runtime) {
    std::puts(runtime.error().what());
    return 3;
  }
  cl::Result<cl::Image> image = runtime->try_image("no-such-image");
  if (image || image.error().code() != cl::Errc::image_not_found) return 4;
  cl::Result<cl::Image> loaded = runtime->try_load(data / "no-such-file");
  if (loaded || loaded.error().code() != std::errc::no_such_file_or_directory) return 5;
  std::puts(loaded.error().what());
}
