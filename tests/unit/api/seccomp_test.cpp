#include <containerlib/options.hpp>

#include <doctest/doctest.h>

using namespace containerlib;

TEST_CASE("rules keep their order") {
  const Seccomp seccomp = Seccomp::standard().deny({"mkdir", "rmdir"}, 1).allow({"mkdir"});
  CHECK(seccomp.confined());
  CHECK(seccomp.rules() == std::vector<Seccomp::Rule>{{"mkdir", 1}, {"rmdir", 1}, {"mkdir", 0}});
  CHECK_FALSE(Seccomp::unconfined().confined());
  CHECK(Seccomp::standard().rules().empty());
}
