#pragma once
#include <containerlib/error.hpp>

#include <string>
#include <string_view>

namespace containerlib {

/// Throws Error{generic_category errno, …}. `errnum` is positive.
[[noreturn]] void throw_errno(int errnum, std::string operation, std::string subject = {},
                              std::string hint = {});
[[noreturn]] void throw_error(Errc, std::string operation, std::string subject = {},
                              std::string hint = {});

/// Untrusted text for a message, always UTF-8: bytes that are no printable character as \xNN, cut
/// between characters at `limit` bytes at most (SEC-33).
std::string printable(std::string_view, std::size_t limit = 256);

/// Runs `work` and turns a thrown Error into the Result's error; bad_alloc and the like pass.
template <class Work>
auto catching(Work&& work) -> Result<decltype(work())> {
  try {
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const Error& error) {
    return error;
  }
}

}  // namespace containerlib
