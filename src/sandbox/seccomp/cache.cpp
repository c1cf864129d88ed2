#include "sandbox/seccomp/cache.hpp"

#include "sandbox/seccomp/default.hpp"
#include "sandbox/seccomp/profile.hpp"

namespace containerlib::sandbox {
namespace {

// A host has few profiles. One that makes a new profile for each container gains nothing here and
// must not grow for it.
constexpr std::size_t kept_programs = 32;

bool is_default(const SeccompRequest& request) {
  return request.rules.empty() &&
         request.capabilities == std::vector<std::string>{"CAP_SYS_CHROOT"};
}

}  // namespace

std::vector<std::uint8_t> SeccompCache::program(const SeccompRequest& request) {
  // Capabilities that make no difference to the profile are none to the key.
  SeccompRequest key = {profile_capabilities(request.capabilities), request.rules};
  if (is_default(key)) {
    const auto program = default_seccomp_program();
    return {program.begin(), program.end()};
  }
  const std::lock_guard lock(mutex_);
  for (const auto& [known, program] : programs_)
    if (known == key) return program;
  std::vector<std::uint8_t> program = compile_seccomp(key);
  if (programs_.size() == kept_programs) programs_.erase(programs_.begin());
  programs_.emplace_back(std::move(key), program);
  return program;
}

}  // namespace containerlib::sandbox
