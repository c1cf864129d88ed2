#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Text files as the kernel and /etc have them.
namespace containerlib::sys {

/// The pieces between separators; one more than there are separators.
std::vector<std::string_view> split(std::string_view, char separator);
/// As split() at '\n', without empty lines.
std::vector<std::string_view> lines(std::string_view);
/// The pieces between runs of spaces and tabs.
std::vector<std::string_view> words(std::string_view);

/// With A to Z for a to z, whatever the host's locale is.
std::string upper(std::string_view);

/// A decimal number of digits only, all of the text; nullopt for anything else or above 2^64-1.
std::optional<std::uint64_t> parse_number(std::string_view);

/// Reads an open file to its end. Throws the read's error, or EFBIG when there are more than
/// `limit` bytes; `name` is the Error's subject.
std::string read_all(int fd, std::size_t limit, const std::string& name);

/// A file of the host (/proc, /sys, /etc). nullopt when it cannot be opened or read.
std::optional<std::string> read_host_file(const std::string& path,
                                          std::size_t limit = std::size_t{16} << 20);

}  // namespace containerlib::sys
