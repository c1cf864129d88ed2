// Controllers of v2 on the way down to groups.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/error.hpp"
#include "linux/cgroup_layout.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

void make_group(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) throw_errno(errno, "make cgroup", path);
}

bool enabled(const std::string& control, const std::string& name) {
  const std::string text = read_host_file(control).value_or("");
  for (const std::string_view line : lines(text)) {
    const std::vector<std::string_view> names = words(line);
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

/// One at a time: the kernel takes a list as a whole or not at all.
void enable(const std::string& directory, const std::string& name, bool needed) {
  const std::string control = directory + "/cgroup.subtree_control";
  if (enabled(control, name)) return;
  const int error = write_control(control, '+' + name);
  if (error == 0 || !needed) return;
  throw_error(Errc::unsupported, "enable cgroup controller", name,
              control + ": " + std::generic_category().message(error));
}

}  // namespace

void give_controller(const std::string& place, const std::string& group, const std::string& name) {
  for (std::size_t end = place.size(); end != std::string::npos; end = group.find('/', end + 1))
    enable(group.substr(0, end), name, true);
}

void prepare_base(const CgroupFacts& facts, const std::vector<std::string>& needed) {
  if (!facts.unified.empty()) make_group(facts.unified);
  for (const Controller& controller : facts.controllers) {
    if (controller.version != 2) continue;
    const bool is_needed = std::find(needed.begin(), needed.end(), controller.name) != needed.end();
    enable(facts.unified.substr(0, facts.unified.rfind('/')), controller.name, is_needed);
    enable(facts.unified, controller.name, is_needed);
  }
}

}  // namespace containerlib::sys
