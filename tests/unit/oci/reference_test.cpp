#include "oci/reference.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace cl = containerlib;
using cl::oci::Reference;

namespace {
const std::string digest =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
}

TEST_CASE("names are normalised as docker does") {
  struct Case {
    std::string from, to, familiar;
  };
  const std::array cases{
      Case{"alpine", "docker.io/library/alpine:latest", "alpine:latest"},
      Case{"alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20"},
      Case{"me/app", "docker.io/me/app:latest", "me/app:latest"},
      Case{"docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
      Case{"index.docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
      Case{"docker.io/library/alpine", "docker.io/library/alpine:latest", "alpine:latest"},
      Case{"localhost/app", "localhost/app:latest", "localhost/app:latest"},
      Case{"localhost:5000/app:1", "localhost:5000/app:1", "localhost:5000/app:1"},
      Case{"ghcr.io/a/b/c:v1.0_x-y", "ghcr.io/a/b/c:v1.0_x-y", "ghcr.io/a/b/c:v1.0_x-y"},
      Case{"[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"},
      Case{"127.0.0.1:5000/app", "127.0.0.1:5000/app:latest", "127.0.0.1:5000/app:latest"},
      Case{"Host/app", "Host/app:latest", "Host/app:latest"},
      Case{"a__b/c-d--e.f", "docker.io/a__b/c-d--e.f:latest", "a__b/c-d--e.f:latest"},
      Case{"alpine@" + digest, "docker.io/library/alpine@" + digest, "alpine@" + digest},
      Case{"alpine:1@" + digest, "docker.io/library/alpine:1@" + digest, "alpine:1@" + digest},
  };
  for (const Case& c : cases) {
    CAPTURE(c.from);
    auto reference = Reference::parse(c.from);
    REQUIRE(reference);
    CHECK(reference->text() == c.to);
    CHECK(reference->familiar() == c.familiar);
    CHECK(Reference::parse(c.to)->text() == c.to);
    CHECK(Reference::parse(c.familiar)->text() == c.to);
  }
}

TEST_CASE("what docker's grammar has not is refused") {
  for (const std::string& text : {std::string(),
                                  std::string(":"),
                                  std::string("a:"),
                                  std::string("/a"),
                                  std::string("a/"),
                                  std::string("a//b"),
                                  std::string("Alpine"),
                                  std::string("a b"),
                                  std::string("a:b c"),
                                  std::string("a:-1"),
                                  std::string("a:.1"),
                                  std::string("a..b"),
                                  std::string("a___b"),
                                  std::string("a_.b"),
                                  std::string("-a"),
                                  std::string("a-"),
                                  std::string("../a"),
                                  std::string("a/../b"),
                                  std::string("a@sha256:12"),
                                  std::string("@") + digest,
                                  std::string("host:port/a"),
                                  std::string("ho_st.x/a"),
                                  std::string("a\n"),
                                  std::string("a:") + std::string(129, 'x'),
                                  std::string(256, 'a'),
                                  std::string(64, 'a'),
                                  std::string("host.:5000/a"),
                                  std::string("[::1/a"),
                                  std::string("\xc3\xa4")}) {
    CAPTURE(text);
    CHECK_FALSE(Reference::parse(text));
  }
  CHECK_THROWS_AS(Reference::require("A"), cl::Error);
}

TEST_CASE("the parts of a name") {
  Reference reference = Reference::require("localhost:5000/a/b:1@" + digest);
  CHECK(reference.host() == "localhost:5000");
  CHECK(reference.repository() == "a/b");
  CHECK(reference.name() == "localhost:5000/a/b");
  CHECK(reference.tag() == "1");
  CHECK(reference.digest()->text() == digest);
}
