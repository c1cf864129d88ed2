#include "sandbox/seccomp/filter.hpp"

#include <linux/seccomp.h>

#include <algorithm>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "sandbox/seccomp/disk_cache.hpp"

namespace containerlib::sandbox {
namespace {

constexpr std::int32_t no_pid = INT32_MAX;  // above PID_MAX_LIMIT

struct FlagName {
  std::string_view name;
  std::uint32_t flag, needs;  ///< without the second the kernel refuses it
};
constexpr FlagName flag_names[] = {
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC, 0},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG, 0},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0},
    {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
     SECCOMP_FILTER_FLAG_NEW_LISTENER}};

/// A kernel that knows the flags goes on to read the program, which is at no address.
bool kernel_knows(std::uint32_t flags) {
  return sys::raw(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, nullptr) == -EFAULT;
}

std::uint32_t flag_of(const std::string& name) {
  for (const FlagName& known : flag_names) {
    if (known.name != name) continue;
    if (!kernel_knows(known.flag | known.needs))
      throw_error(Errc::unsupported, "compile seccomp profile", "linux.seccomp.flags",
                  "this kernel lacks " + name);
    return known.flag;
  }
  throw_error(Errc::invalid_option, "compile seccomp profile", "linux.seccomp.flags",
              "unknown flag " + printable(name));
}

std::uint32_t flags_of(const oci::SeccompProfile& profile, bool notifies) {
  std::uint32_t flags = 0;
  for (const std::string& name : profile.flags) flags |= flag_of(name);
  // The process has one thread when it loads its filter, and with a listener a second one, which
  // must be able to send it (execute/seccomp.cpp).
  flags &= ~std::uint32_t{SECCOMP_FILTER_FLAG_TSYNC};
  if (notifies) return flags | SECCOMP_FILTER_FLAG_NEW_LISTENER;
  // It is about waiting for an agent's answer.
  return flags & ~std::uint32_t{SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV};
}

bool notifies(const oci::SeccompProfile& profile) {
  constexpr const char* notify = "SCMP_ACT_NOTIFY";
  return profile.default_action == notify ||
         std::any_of(profile.syscalls.begin(), profile.syscalls.end(),
                     [](const oci::SeccompRule& rule) { return rule.action == notify; });
}

void check_listener(const oci::SeccompProfile& profile) {
  constexpr std::size_t most = 107;  // sockaddr_un, with a NUL
  const std::string& path = profile.listener_path;
  if (path.empty())
    throw_error(Errc::invalid_option, "compile seccomp profile", "linux.seccomp.listenerPath",
                "SCMP_ACT_NOTIFY needs it");
  if (path.size() > most)
    throw_error(Errc::invalid_option, "compile seccomp profile", "linux.seccomp.listenerPath",
                "a socket's path has at most 107 bytes");
}

}  // namespace

oci::Seccomp load_profile(const oci::SeccompProfile& profile, const std::string& cache,
                          const oci::RuntimeState& state, std::vector<std::string>& unknown) {
  const bool listens = notifies(profile);
  if (listens) check_listener(profile);
  oci::Seccomp result;
  result.flags = flags_of(profile, listens);
  SeccompProgram program = cached_seccomp_program(cache, profile);
  result.program = std::move(program.bytes);
  unknown = std::move(program.unknown);
  if (!listens) return result;
  result.listener_path = profile.listener_path;
  result.listener_state = listener_state(state, profile.listener_metadata);
  return result;
}

std::string listener_state(const oci::RuntimeState& state, const std::string& metadata) {
  oci::ContainerProcessState all = {.oci_version = state.oci_version,
                                    .fds = {"seccompFd"},
                                    .pid = no_pid,
                                    .metadata = metadata,
                                    .state = state};
  if (state.pid == 0) all.state.pid = no_pid;
  std::string text = to_json(all);
  // No other text can hold this: in JSON its quotes would be escaped, and the values of annotations
  // are no numbers.
  const std::string key = "\"pid\":", number = std::to_string(no_pid);
  for (std::size_t at = 0; (at = text.find(key + number, at)) != text.npos;)
    text.replace(at += key.size(), number.size(), 1, '\0');
  return text;
}

}  // namespace containerlib::sandbox
