#include "linux/cgroup_walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <cerrno>
#include <memory>
#include <string_view>

#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

void append_children(std::vector<std::string>& groups, const std::string& parent, DIR* directory) {
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..")
      groups.push_back(parent + '/' + std::string(name));
  }
}

}  // namespace

std::vector<std::string> groups_from(const std::string& directory) {
  std::vector<std::string> groups = {directory};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string parent = groups[i];
    const std::unique_ptr<DIR, CloseDirectory> open(::opendir(parent.c_str()));
    if (open) append_children(groups, parent, open.get());
    if (!open && i == 0) return {};
  }
  return groups;
}

int write_control(const std::string& file, const std::string& value) {
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  return ::write(fd.get(), value.data(), value.size()) < 0 ? errno : 0;
}

std::string keyed_value(const std::string& text, const std::string& key) {
  for (const std::string_view line : lines(text)) {
    const std::vector<std::string_view> word = words(line);
    if (word.size() == 2 && word[0] == key) return std::string(word[1]);
  }
  return {};
}

}  // namespace containerlib::sys
