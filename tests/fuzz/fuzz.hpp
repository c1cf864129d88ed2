#pragma once
#include <containerlib/error.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.hpp"

// What the fuzz targets share. A target is one function, one(): it gives any bytes to something
// that reads what others wrote, and checks what was promised of it.
namespace fuzz {

void one(std::string_view input);

/// Ends the program, as a finding, unless the promise holds.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// Whether `read` took its input. The one other way out is an Error that can be shown to a user;
/// any other exception is a finding.
template <class Read>
bool accepted(Read&& read) {
  try {
    read();
    return true;
  } catch (const containerlib::Error& error) {
    const std::string what = error.what();
    require(containerlib::printable(what, what.size()) == what, "a message is printable");
    require(what.size() < 1536, "a message is short");
    return false;
  }
}

/// Takes the next of several texts, which are separated by lines "--", off the front of an input.
inline std::string_view take_part(std::string_view& input) {
  constexpr std::string_view separator = "--\n";
  const std::size_t end = input.find(separator);
  const std::string_view part = input.substr(0, end);
  input.remove_prefix(end == input.npos ? input.size() : end + separator.size());
  return part;
}

}  // namespace fuzz
