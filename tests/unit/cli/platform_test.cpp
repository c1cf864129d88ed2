#include "cli/platform.hpp"

#include <doctest/doctest.h>

using namespace containerlib;
using namespace containerlib::cli;

TEST_CASE("a platform is compared as far as both tell it") {
  const ImageConfig arm{.architecture = "arm64", .os = "linux"};
  CHECK(is_platform(arm, "linux/arm64"));
  CHECK(is_platform(arm, "linux/arm64/v8"));
  CHECK(is_platform(arm, "aarch64"));
  CHECK(is_platform(arm, "linux"));
  CHECK_FALSE(is_platform(arm, "linux/amd64"));
  CHECK_FALSE(is_platform(arm, "windows/arm64"));
  CHECK_FALSE(is_platform({.architecture = "arm", .os = "linux", .variant = "v7"}, "linux/arm/v6"));
}
