#include <fmt/format.h>

#include "base/broken.hpp"
#include "sandbox/compile/capability_names.hpp"
#include "sandbox/compile/process.hpp"

namespace containerlib::sandbox {
namespace {

void warn(std::vector<std::string>& warnings, std::uint64_t lost, const std::string& reason) {
  std::string names;
  for (std::size_t n = 0; n < capability_names().size(); ++n)
    if (lost >> n & 1) names.append(names.empty() ? "" : " ").append(capability_names()[n]);
  if (!names.empty())
    warnings.push_back(fmt::format("process.capabilities: {}: {}", names, reason));
}

/// Takes what is not in `allowed` out of a set, with a warning for each.
std::uint64_t within(std::uint64_t set, std::uint64_t allowed, const char* reason,
                     std::vector<std::string>& warnings) {
  warn(warnings, set & ~allowed, reason);
  return set & allowed;
}

}  // namespace

SetCapabilities grantable(const oci::Capabilities& wanted, const Rights& rights,
                          std::uint64_t& bounding, std::vector<std::string>& warnings) {
  const std::uint64_t known = (std::uint64_t{2} << rights.facts.last_capability) - 1;
  const std::uint64_t own =
      rights.other_user_namespace ? ~std::uint64_t{0} : rights.facts.capabilities;
  SetCapabilities sets{capability_mask(wanted.effective), capability_mask(wanted.permitted),
                       capability_mask(broken("SEC-24") ? wanted.permitted : wanted.inheritable),
                       capability_mask(wanted.ambient)};
  bounding = capability_mask(wanted.bounding);
  const std::uint64_t all =
      bounding | sets.effective | sets.permitted | sets.inheritable | sets.ambient;
  warn(warnings, all & ~known, "Linux " + rights.facts.kernel + " has none of them");
  warn(warnings, all & known & ~own, "not given, as the runtime does not have them itself");
  const std::uint64_t possible = known & own;
  bounding &= possible;
  // What capset(2) and PR_CAP_AMBIENT_RAISE would refuse.
  sets.permitted &= possible;
  sets.effective = within(sets.effective & possible, sets.permitted,
                          "not made effective, as they are not permitted", warnings);
  sets.inheritable = within(sets.inheritable & possible, bounding,
                            "not made inheritable, as they are not in the bounding set", warnings);
  sets.ambient = within(sets.ambient & possible, sets.permitted & sets.inheritable,
                        "not made ambient, as they are not permitted and inheritable", warnings);
  return sets;
}

}  // namespace containerlib::sandbox
