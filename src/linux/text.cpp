#include "linux/text.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "base/error.hpp"

namespace containerlib::sys {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> result = split(text, '\n');
  std::erase_if(result, [](std::string_view line) { return line.empty(); });
  return result;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> result;
  constexpr std::string_view blanks = " \t";
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) return result;
    result.push_back(text.substr(0, text.find_first_of(blanks)));
    text.remove_prefix(result.back().size());
  }
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  // from_chars of an unsigned type takes digits only: no sign, no space, no prefix.
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::string read_all(int fd, std::size_t limit, const std::string& name) {
  std::string content;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno(errno, "read", name);
    if (count == 0) return content;
    if (content.size() + static_cast<std::size_t>(count) > limit)
      throw_errno(EFBIG, "read", name, "more than " + std::to_string(limit) + " bytes");
    content.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::optional<std::string> read_host_file(const std::string& path, std::size_t limit) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return std::nullopt;
  try {
    return read_all(file.get(), limit, path);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace containerlib::sys
