#include "sandbox/compile/capability_names.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "oci/spec_names.hpp"

namespace containerlib::sandbox {

using oci::names::capabilities;  // by number

const std::vector<std::string>& capability_names() {
  static const std::vector<std::string> names(std::begin(capabilities), std::end(capabilities));
  return names;
}

std::optional<int> capability_number(std::string_view name) {
  const auto* found = std::find(std::begin(capabilities), std::end(capabilities), name);
  if (found == std::end(capabilities)) return std::nullopt;
  return static_cast<int>(found - std::begin(capabilities));
}

std::uint64_t capability_mask(const std::vector<std::string>& names) {
  std::uint64_t mask = 0;
  for (const std::string& name : names) {
    std::optional<int> number = capability_number(name);
    if (!number)
      throw_error(Errc::invalid_option, "compile", "capability " + name, "unknown capability");
    mask |= std::uint64_t{1} << *number;
  }
  return mask;
}

}  // namespace containerlib::sandbox
