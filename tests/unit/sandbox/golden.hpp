#pragma once
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "sandbox/golden_dir.hpp"

// Golden plans: compile() is pure, so the whole plan can be compared, on any machine and by any
// user. To accept a change of the plans, run with CONTAINERLIB_WRITE_GOLDEN=1 and read the
// difference.
namespace tests {

inline void check_golden(const std::string& name, const std::string& plan) {
  const std::string path = std::string(GOLDEN_DIR) + "/" + name + ".plan";
  if (std::getenv("CONTAINERLIB_WRITE_GOLDEN")) std::ofstream(path) << plan;
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  CHECK(plan == text.str());
}

}  // namespace tests
