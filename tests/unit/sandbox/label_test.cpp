#include "sandbox/execute/label.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace containerlib::sandbox;

TEST_CASE("AppArmor: the profile that was written, with its mode") {
  CHECK(is_label("box (enforce)\n", "exec box", true));
  CHECK(is_label("box (complain)", "exec box", true));
  CHECK(is_label("unconfined\n", "exec unconfined", true));
  CHECK_FALSE(is_label("boxer (enforce)\n", "exec box", true));
  CHECK_FALSE(is_label("unconfined\n", "exec box", true));
  CHECK_FALSE(is_label("", "exec box", true));
  // Of another namespace: shown otherwise, but there.
  CHECK(is_label(":other://box (enforce)\n", "exec :other:box", true));
  CHECK_FALSE(is_label("", "exec :other:box", true));
}

TEST_CASE("SELinux: user, role and type; the levels may be written otherwise") {
  const std::string label = "system_u:system_r:container_t:s0:c1,c2";
  CHECK(is_label(label, label, false));
  CHECK(is_label(label + '\0', label, false));
  CHECK(is_label("u:r:t:s0\n", "u:r:t:s0-s0", false));
  CHECK(is_label("u:r:t", "u:r:t", false));
  CHECK_FALSE(is_label("u:r:other:s0", "u:r:t:s0", false));
  CHECK_FALSE(is_label("u:r:t2:s0", "u:r:t:s0", false));
  CHECK_FALSE(is_label("", "u:r:t:s0", false));
}
