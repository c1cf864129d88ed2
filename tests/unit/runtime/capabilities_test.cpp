#include "runtime/capabilities.hpp"

#include <algorithm>

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

using Names = std::vector<std::string>;

sys::HostFacts full_host() {
  sys::HostFacts facts;
  facts.last_capability = 40;
  facts.capabilities = ~std::uint64_t{0};
  return facts;
}

bool has(const Names& names, const char* name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("the default set is eleven capabilities") {
  CHECK(bounding_capabilities({}, {}, full_host(), true) ==
        Names{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
              "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
              "CAP_SETFCAP"});
}

TEST_CASE("capabilities are added and dropped in any spelling") {
  const Names names =
      bounding_capabilities({"net_raw", "CAP_SYS_TIME"}, {"Chown"}, full_host(), true);
  CHECK(has(names, "CAP_NET_RAW"));
  CHECK(has(names, "CAP_SYS_TIME"));
  CHECK_FALSE(has(names, "CAP_CHOWN"));
  CHECK(names.size() == 12);
}

TEST_CASE("ALL adds everything, or drops everything before what is added") {
  CHECK(bounding_capabilities({"ALL"}, {}, full_host(), true).size() == 41);
  CHECK(bounding_capabilities({}, {"all"}, full_host(), true).empty());
  CHECK(bounding_capabilities({"KILL"}, {"ALL"}, full_host(), true) == Names{"CAP_KILL"});
  CHECK(bounding_capabilities({"ALL"}, {"KILL"}, full_host(), true).size() == 40);
}

TEST_CASE("in the host's user namespace only what the host has is passed on") {
  sys::HostFacts facts = full_host();
  facts.capabilities &= ~(std::uint64_t{1} << 24);  // CAP_SYS_RESOURCE
  CHECK(bounding_capabilities({"ALL"}, {}, facts, false).size() == 40);
  CHECK(bounding_capabilities({"ALL"}, {}, facts, true).size() == 41);
  CHECK(bounding_capabilities({"SYS_RESOURCE"}, {}, facts, true).size() == 12);
  CHECK_THROWS_WITH_AS(bounding_capabilities({"SYS_RESOURCE"}, {}, facts, false),
                       "add capability CAP_SYS_RESOURCE: not permitted (this process does not "
                       "have it itself)",
                       Error);
}

TEST_CASE("an unknown capability names its field") {
  CHECK(refused_field([] { bounding_capabilities({"FLY"}, {}, full_host(), true); }) == "cap_add");
  CHECK(refused_field([] { bounding_capabilities({}, {"CAP_"}, full_host(), true); }) ==
        "cap_drop");
}
