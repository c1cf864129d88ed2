#include "runtime/ulimits.hpp"

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

TEST_CASE("without ulimits there are no core dumps, no priority over others, and no other limit") {
  const auto limits = to_rlimits({});
  REQUIRE(limits.size() == 3);
  CHECK(limits[0].type == "RLIMIT_CORE");
  CHECK(limits[1].type == "RLIMIT_NICE");
  CHECK(limits[2].type == "RLIMIT_RTPRIO");
  for (const auto& limit : limits) CHECK(limit.hard == 0);
}

TEST_CASE("the last ulimit of a name counts") {
  const auto limits = to_rlimits({{"nofile", 10, 20}, {"core", 1, 2}, {"nofile", 30, 40}});
  REQUIRE(limits.size() == 4);
  CHECK(limits[0].type == "RLIMIT_CORE");
  CHECK(limits[0].soft == 1);
  CHECK(limits[3].type == "RLIMIT_NOFILE");
  CHECK(limits[3].soft == 30);
  CHECK(limits[3].hard == 40);
}

TEST_CASE("ulimits that cannot be are refused") {
  CHECK(refused_field([] { checked_ulimits({{"nosuch", 1, 1}}); }) == "ulimits");
  CHECK(refused_field([] { checked_ulimits({{"nofile", 2, 1}}); }) == "ulimits");
  CHECK(checked_ulimits({{"nofile", 1, Ulimit::unlimited}}).size() == 1);
}
