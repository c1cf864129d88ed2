#include "linux/probe.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include "linux/probe_kernel.hpp"

using namespace containerlib::sys;

TEST_CASE("kernel versions") {
  CHECK(parse_kernel_version("6.1.0-37-cloud-amd64") == KernelVersion{6, 1});
  CHECK(parse_kernel_version("5.12-rc3") == KernelVersion{5, 12});
  CHECK(parse_kernel_version("6") == KernelVersion{6, 0});
  CHECK(parse_kernel_version("") == KernelVersion{0, 0});
  CHECK(KernelVersion{6, 10} > KernelVersion{6, 7});
}

TEST_CASE("masks of /proc/PID/status") {
  const char* status =
      "Name:\tx\nCapEff:\t000001fffeffffff\nCapEffX:\t1\nCapBnd:\t0000000000000400\n";
  CHECK(status_mask(status, "CapEff") == 0x1fffeffffff);
  CHECK(status_mask(status, "CapBnd") == 0x400);
  CHECK(status_mask(status, "CapAmb") == 0);
}

TEST_CASE("the facts of this host are plausible") {
  const HostFacts facts = probe_host();
  CHECK(facts.uid == ::geteuid());
  CHECK(facts.kernel_major >= 5);
  CHECK(facts.last_capability >= 40);
  CHECK(facts.user_namespaces == facts.user_namespaces_reason.empty());
  if (facts.uid != 0) CHECK(facts.rootless);
  for (const char* name : {"memory", "cpu", "cpuset", "pids", "io"}) {
    const Controller* controller = facts.cgroups.find(name);
    REQUIRE(controller);
    CHECK((controller->version == 0) == controller->base.empty());
    CHECK((controller->version == 0) == !controller->reason.empty());
  }
  CHECK(facts.cgroups.unified.empty() == !facts.cgroups.unified_reason.empty());
}
