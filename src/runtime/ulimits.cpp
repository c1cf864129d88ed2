#include "runtime/ulimits.hpp"

#include <algorithm>
#include <array>

#include "runtime/invalid.hpp"

namespace containerlib::runtime {
namespace {

// getrlimit(2), as docker spells them.
constexpr std::array<std::string_view, 16> names = {
    "as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
    "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};

std::string upper(std::string_view name) {
  std::string out = "RLIMIT_";
  for (const char c : name) out += static_cast<char>(c - ('a' - 'A'));
  return out;
}

}  // namespace

std::vector<Ulimit> checked_ulimits(const std::vector<Ulimit>& ulimits) {
  for (const Ulimit& ulimit : ulimits) {
    if (std::find(names.begin(), names.end(), ulimit.name) == names.end())
      invalid("ulimits", "there is no \"" + printable(ulimit.name) + "\"");
    if (ulimit.soft > ulimit.hard)
      invalid("ulimits", ulimit.name + ": the soft limit is above the hard one");
  }
  return ulimits;
}

std::vector<oci::Rlimit> to_rlimits(const std::vector<Ulimit>& ulimits) {
  // Lowering is always allowed, so no host limit has to be asked. Some hosts let their users take
  // priority over others, as for sound.
  std::vector<oci::Rlimit> out = {
      {"RLIMIT_CORE", 0, 0}, {"RLIMIT_NICE", 0, 0}, {"RLIMIT_RTPRIO", 0, 0}};
  for (const Ulimit& ulimit : ulimits) {
    const oci::Rlimit rlimit = {upper(ulimit.name), ulimit.soft, ulimit.hard};
    const auto same = std::find_if(out.begin(), out.end(),
                                   [&](const oci::Rlimit& r) { return r.type == rlimit.type; });
    if (same == out.end())
      out.push_back(rlimit);
    else
      *same = rlimit;
  }
  return out;
}

}  // namespace containerlib::runtime
