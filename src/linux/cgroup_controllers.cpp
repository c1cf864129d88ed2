// Controllers of v2 on the way down to groups.
#include <algorithm>
#include <system_error>

#include "base/error.hpp"
#include "linux/cgroup_layout.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

bool enabled(const std::string& control, const std::string& name) {
  const std::string text = read_host_file(control).value_or("");
  for (const std::string_view line : lines(text)) {
    const std::vector<std::string_view> names = words(line);
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

void enable(const std::string& directory, const std::string& name) {
  const std::string control = directory + "/cgroup.subtree_control";
  if (enabled(control, name)) return;
  if (const int error = write_control(control, '+' + name); error != 0)
    throw_error(Errc::unsupported, "enable cgroup controller", name,
                control + ": " + std::generic_category().message(error));
}

}  // namespace

void give_controller(const std::string& place, const std::string& group, const std::string& name) {
  for (std::size_t end = place.size(); end != std::string::npos; end = group.find('/', end + 1))
    enable(group.substr(0, end), name);
}

}  // namespace containerlib::sys
