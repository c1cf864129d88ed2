#pragma once
#include <string_view>

namespace containerlib::sandbox {

/// The first three parts of "user:role:type:levels".
inline std::string_view without_levels(std::string_view label) {
  std::size_t end = 0;
  for (int colons = 0; end < label.size(); ++end)
    if (label[end] == ':' && ++colons == 3) break;
  return label.substr(0, end);
}

/// Whether `read`, from the file of a label, is the one that was written there. AppArmor adds the
/// mode ("profile (enforce)"), and shows a profile of another of its namespaces in a form of its
/// own, which is taken as it is. SELinux may write levels otherwise ("s0" for "s0-s0").
inline bool is_label(std::string_view read, std::string_view written, bool apparmor) {
  read = read.substr(0, read.find_first_of(std::string_view("\0\n", 2)));
  if (!apparmor) return without_levels(read) == without_levels(written);
  if (constexpr std::string_view command = "exec "; written.starts_with(command))
    written.remove_prefix(command.size());
  if (written.starts_with(':')) return !read.empty();
  return read.starts_with(written) &&
         (read.size() == written.size() || read[written.size()] == ' ');
}

}  // namespace containerlib::sandbox
