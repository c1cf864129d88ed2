#pragma once
#include <cstdlib>

namespace tests {

/// How often a test repeats what it does: more in the nightly run, which asks for it by this
/// variable, than in the usual one.
inline int times(int usual, int nightly) {
  return std::getenv("CONTAINERLIB_TEST_NIGHTLY") ? nightly : usual;
}

}  // namespace tests
