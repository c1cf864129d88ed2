// A plugin of a host that does not know of the library: host_plugin_test loads it, uses it and
// unloads it.
#include <containerlib/containerlib.hpp>
#include <cstdio>
#include <exception>

namespace cl = containerlib;

/// 0: two containers ran, one with another process in it.
extern "C" __attribute__((visibility("default"))) int use_containers(const char* root,
                                                                     const char* run_root) {
  try {
    cl::Runtime runtime({.root = root, .run_root = run_root});
    const cl::Image image = runtime.image("busybox");
    if (runtime.run(image, {.args = {"echo", "a"}}).out != "a\n") return 1;
    cl::Container container = runtime.start(image, {.args = {"sleep", "60"}});
    return container.exec({"true"}).status.success() ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "plugin: %s\n", error.what());
    return 3;
  }
}
