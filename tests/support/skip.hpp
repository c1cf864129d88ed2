#pragma once
#include <doctest/doctest.h>

/// Ends the test case, in its own function, when this machine cannot run it. The reason is counted
/// and printed by tests/support/run: SKIP_IF(::geteuid() != 0, "needs root");
#define SKIP_IF(condition, reason) \
  do {                             \
    if (condition) {               \
      MESSAGE("SKIP: " << reason); \
      return;                      \
    }                              \
  } while (false)
