#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/broken.hpp"

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
  constexpr std::size_t part = 384;  // so that all of it stays below 1 KiB
  std::string text = printable(operation, 128);
  if (!subject.empty()) text += ' ' + printable(subject, part);
  text += ": " + code.message();
  if (!hint.empty()) text += " (" + printable(hint, part) + ')';
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

namespace {

/// Bytes of the printable character that `text` begins with; 0: it begins with none. The ranges are
/// those of the Unicode standard, table 3-7, less the control characters (also U+0080 to U+009F).
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t n) {
    return n < text.size() ? static_cast<unsigned char>(text[n]) : 0u;
  };
  const auto goes_on = [&](std::size_t size) {
    for (std::size_t n = 2; n < size; ++n)
      if (byte(n) < 0x80 || byte(n) > 0xbf) return std::size_t{0};
    return size;
  };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  if (first < 0xc2 || first > 0xf4 || second < 0x80 || second > 0xbf) return 0;
  if (first < 0xe0) return first == 0xc2 && second < 0xa0 ? 0 : 2;
  if (first < 0xf0)
    return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ? 0 : goes_on(3);
  return (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f) ? 0 : goes_on(4);
}

}  // namespace

void throw_errno(int errnum, std::string operation, std::string subject, std::string hint) {
  throw Error({errnum, std::generic_category()}, std::move(operation), std::move(subject),
              std::move(hint));
}

void throw_error(Errc value, std::string operation, std::string subject, std::string hint) {
  throw Error(make_error_code(value), std::move(operation), std::move(subject), std::move(hint));
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out(broken("SEC-33") ? text : "");
  if (broken("SEC-33")) return out;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const std::string next =
        size > 0 ? std::string(text.substr(0, size))
                 : fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    if (out.size() + next.size() > limit) return out + "…";
    out += next;
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace containerlib
