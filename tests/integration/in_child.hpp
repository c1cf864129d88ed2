#pragma once
#include <functional>
#include <string>

namespace tests {

/// Runs `work` in a forked child: a host of its own, whose limits and streams it may change. `work`
/// returns what is wrong, and so does this; a thrown exception and a child that was killed are
/// wrong too. "skip: …" is what a skip() has said.
std::string in_child(const std::function<std::string()>& work);

/// For `work`: what there is not here.
inline std::string skip(const std::string& reason) { return "skip: " + reason; }

}  // namespace tests

/// Runs a test's work in a child; skips the test, or checks that nothing is wrong.
#define CHECK_IN_CHILD(...)                                                           \
  do {                                                                                \
    const std::string wrong = tests::in_child(__VA_ARGS__);                           \
    SKIP_IF(wrong.starts_with("skip: "), wrong.substr(std::string("skip: ").size())); \
    CHECK_MESSAGE(wrong.empty(), wrong);                                              \
  } while (false)
