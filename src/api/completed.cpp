#include <containerlib/container.hpp>

#include "base/error.hpp"

CONTAINERLIB_BEGIN_NAMESPACE
namespace {

/// "exited with 1: sh: nosuch: not found": the end of what it said is mostly the reason.
std::string describe(const Completed& completed) {
  constexpr std::size_t shown = 200;
  std::string_view said = completed.err;
  while (!said.empty() && said.back() == '\n') said.remove_suffix(1);
  said = said.substr(said.rfind('\n') + 1);
  if (said.size() > shown) {
    said = said.substr(said.size() - shown);
    // Not the rest of a UTF-8 character.
    while (!said.empty() && (said.front() & 0xc0) == 0x80) said.remove_prefix(1);
  }
  std::string out = completed.status.message();
  if (!said.empty()) out += ": " + printable(said);
  return out;
}

}  // namespace

const Completed& Completed::check() const {
  if (!status.success()) throw ExitError(*this);
  return *this;
}

ExitError::ExitError(Completed completed)
    : std::runtime_error(describe(completed)), completed_(std::move(completed)) {}

CONTAINERLIB_END_NAMESPACE
