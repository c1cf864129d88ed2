#include "base/error.hpp"

#include <fmt/format.h>

namespace containerlib {
inline namespace v0 {
namespace {

struct Category final : std::error_category {
  const char* name() const noexcept override { return "containerlib"; }
  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::invalid_option: return "invalid option";
      case Errc::image_not_found: return "no such image";
      case Errc::image_corrupt: return "corrupt image";
      case Errc::container_not_found: return "no such container";
      case Errc::name_in_use: return "name is already in use";
      case Errc::in_use: return "in use";
      case Errc::not_running: return "container is not running";
      case Errc::already_running: return "container is already running";
      case Errc::command_not_found: return "executable file not found";
      case Errc::not_executable: return "permission denied";
      case Errc::unknown_user: return "no such user or group in the image";
      case Errc::unsupported: return "not supported here";
      case Errc::not_permitted: return "not permitted";
      case Errc::timed_out: return "timed out";
      case Errc::monitor_lost: return "the monitor process is gone";
      case Errc::used_after_fork: return "object belongs to the parent process";
    }
    return "unknown error";
  }
};

std::string describe(std::error_code code, const std::string& operation, const std::string& subject,
                     const std::string& hint) {
  std::string text = printable(operation);
  if (!subject.empty()) text += ' ' + printable(subject, 512);
  text += ": " + code.message();
  if (!hint.empty()) text += " (" + printable(hint, 512) + ')';
  return text;
}

}  // namespace

const std::error_category& containerlib_category() noexcept {
  static const Category category;
  return category;
}

std::error_code make_error_code(Errc value) noexcept {
  return {static_cast<int>(value), containerlib_category()};
}

Error::Error(std::error_code code, std::string operation, std::string subject, std::string hint)
    : std::system_error(code),
      operation_(std::move(operation)),
      subject_(std::move(subject)),
      hint_(std::move(hint)),
      what_(describe(code, operation_, subject_, hint_)) {}

const char* Error::what() const noexcept { return what_.c_str(); }

void detail::raise(const Error& error) { throw error; }

}  // namespace v0

void throw_errno(int errnum, std::string operation, std::string subject, std::string hint) {
  throw Error({errnum, std::generic_category()}, std::move(operation), std::move(subject),
              std::move(hint));
}

void throw_error(Errc value, std::string operation, std::string subject, std::string hint) {
  throw Error(make_error_code(value), std::move(operation), std::move(subject), std::move(hint));
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (unsigned char c : text) {
    if (out.size() >= limit) return out + "…";
    if (c >= 0x20 && c != 0x7f) {
      out += static_cast<char>(c);
    } else {
      out += fmt::format("\\x{:02x}", c);
    }
  }
  return out;
}

}  // namespace containerlib
