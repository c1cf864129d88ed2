// After many starts and stops nothing is left: no mount, cgroup, process, descriptor, file, and
// nothing in the kernel.
#include <atomic>
#include <map>
#include <sstream>

#include "integration/fixture.hpp"
#include "integration/oci_bundle.hpp"
#include "security/many.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// Keys of all users that this process can see; namespaces of the whole machine, where root may
/// count them.
std::map<std::string, long> kernel_objects() {
  std::map<std::string, long> out;
  out["keys"] = static_cast<long>(lines_of(read_file("/proc/keys")).size());
  for (const std::string& line : lines_of(read_file("/proc/slabinfo"))) {
    std::istringstream fields(line);
    std::string name;
    long used = 0;
    fields >> name >> used;
    if (name.ends_with("_namespace")) out[name] = used;
  }
  for (const fs::directory_entry& entry : fs::directory_iterator("/dev/shm"))
    out["shared memory"] += !entry.path().empty();
  return out;
}

/// What has grown by more than others on this machine make it grow meanwhile. What is left of a
/// network namespace goes some time after its last process.
std::string grown_since(const std::map<std::string, long>& before, int starts) {
  std::string grown;
  eventually(
      [&] {
        grown.clear();
        for (const auto& [name, count] : kernel_objects()) {
          const auto was = before.find(name);
          const long more = count - (was == before.end() ? 0 : was->second);
          if (more > starts / 5) grown += name + ": " + std::to_string(more) + " more\n";
        }
        return grown.empty();
      },
      30s);
  return grown;
}

void in_threads(int number, const std::function<void()>& work) {
  std::atomic<int> left = number;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (left-- > 0) work();
    });
}

}  // namespace

// The fixture counts what is left in files, mounts, cgroups, processes and descriptors.
TEST_CASE_FIXTURE(Containers, "starts and stops leave nothing") {
  const int number = times(1000, 10000);
  const auto before = kernel_objects();
  std::atomic<int> turn = 0, wrong = 0;
  in_threads(number, [&] {
    try {
      switch (turn++ % 4) {
        case 0: wrong += !run({"true"}).status.success(); break;
        case 1: {
          cl::Container container = start({"sleep", "60"});
          wrong += !container.exec({"true"}).status.success();
          wrong += container.stop(0ms).shell_code() != 137;
          break;
        }
        case 2: {
          cl::Container container = start({"sleep", "60"}, {.read_only = true, .tty = true});
          container.remove(true);
          break;
        }
        default: wrong += runtime().try_run(busybox(), {.args = {"/no/such"}}).has_value();
      }
    } catch (const cl::Error& error) {
      ++wrong;
      MESSAGE(std::string(error.what()));
    }
  });
  CHECK(wrong == 0);
  // The monitor that all containers of a Runtime share ends with it.
  close();
  const std::string grown = grown_since(before, number);
  CHECK_MESSAGE(grown.empty(), grown);
}

TEST_CASE("the OCI command's starts and stops leave nothing") {
  const int number = times(200, 2000);
  const auto before = kernel_objects();
  {
    OciBundle bundle;
    bundle.configure({.args = {"true"}});
    int wrong = 0;
    for (int i = 0; i < number; ++i) wrong += bundle.runtime({"run", bundle.new_id()}).code != 0;
    CHECK(wrong == 0);
    CHECK_MESSAGE(bundle.leaks().empty(), bundle.leaks());
  }
  const std::string grown = grown_since(before, number);
  CHECK_MESSAGE(grown.empty(), grown);
}
