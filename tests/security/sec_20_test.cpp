// SEC-20: a process that joins a container has descriptors of its runner; whoever is root there and
// may trace it, or open its /proc/PID/fd, has them too (CVE-2016-9962).
#include "integration/oci_bundle.hpp"
#include "security/hostile_program.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

constexpr int times = 200;

std::string output_of(const cl::Container& container) {
  std::string out;
  for (const cl::LogLine& line : container.logs()) out += line.text + "\n";
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(
    Containers, "SEC-20 a process that joins cannot be looked into before it is the container's") {
  cl::Container container = start({"/hostile", "spy"}, {.mounts = with_hostile});
  REQUIRE(eventually([&] { return output_of(container) == "looking\n"; }));
  // A process that was held when it ended tells of it; all that counts is what the spy has seen.
  for (int i = 0; i < times; ++i) (void)container.try_exec({"true"}, {.timeout = 10s});
  container.kill();
  container.wait();
  CHECK(output_of(container) == "looking\n");
}

TEST_CASE("SEC-20 the same with exec of the OCI command") {
  OciBundle bundle;
  fs::copy_file(HOSTILE, bundle.rootfs() / "hostile");
  bundle.configure({.args = {"/hostile", "spy"}});
  const std::string id = bundle.running();
  REQUIRE(eventually([&] { return bundle.output() == "looking\n"; }));
  for (int i = 0; i < times; ++i) bundle.runtime({"exec", id, "true"});
  CHECK(bundle.output() == "looking\n");
  bundle.remove(id);
}
