#include "oci/platform.hpp"

#include <doctest/doctest.h>

#include <string>

using containerlib::oci::match;
using containerlib::oci::Platform;

namespace {
Platform platform(const char* text) { return Platform::parse(text).value(); }
}  // namespace

TEST_CASE("platforms are normalised") {
  CHECK(platform("linux/arm64").text() == "linux/arm64/v8");
  CHECK(platform("arm64") == platform("linux/arm64/v8"));
  CHECK(platform("linux/aarch64/8") == platform("linux/arm64/v8"));
  CHECK(platform("linux/x86_64") == platform("linux/amd64"));
  CHECK(platform("Linux/AMD64/v1").text() == "linux/amd64");
  CHECK(platform("linux/arm").variant == "v7");
  CHECK(platform("linux/armel") == platform("linux/arm/v6"));
}

TEST_CASE("what is no platform") {
  for (const char* text : {"", "/", "linux/", "/amd64", "a/b/c/d", "linux/a b", "linux//v8"}) {
    CAPTURE(text);
    CHECK_FALSE(Platform::parse(text));
  }
}

TEST_CASE("an older variant runs on a newer machine, never the other way") {
  CHECK(match(platform("linux/arm/v7"), platform("linux/arm/v6")) > 0);
  CHECK(match(platform("linux/arm/v7"), platform("linux/arm/v6")) <
        match(platform("linux/arm/v7"), platform("linux/arm/v7")));
  CHECK(match(platform("linux/arm/v6"), platform("linux/arm/v7")) == 0);
  CHECK(match(platform("linux/amd64/v3"), platform("linux/amd64")) > 0);
  CHECK(match(platform("linux/amd64"), platform("linux/amd64/v2")) == 0);
  CHECK(match(platform("linux/arm64"), platform("linux/arm64/v8.2")) == 0);
  CHECK(match(platform("linux/arm64/v9"), platform("linux/arm64/v8.2")) > 0);
}

TEST_CASE("another system or architecture never fits") {
  CHECK(match(platform("linux/amd64"), platform("windows/amd64")) == 0);
  CHECK(match(platform("linux/amd64"), platform("linux/arm64")) == 0);
  CHECK(match(platform("linux/amd64"), Platform::normalised("unknown", "unknown", "")) == 0);
  CHECK(match(platform("linux/ppc64le"), platform("linux/ppc64le")) > 0);
}

TEST_CASE("the host runs its own plain architecture") {
  Platform host = Platform::host();
  CHECK(host.os == "linux");
  CHECK(match(host, Platform::normalised("linux", host.architecture, "")) > 0);
}
