#include "runtime/claim.hpp"

#include "linux/file_lock.hpp"
#include "monitor/message.hpp"

namespace containerlib::runtime {
namespace {

constexpr sys::LockRange both = {monitor::host_byte, 2};
static_assert(monitor::monitor_byte == monitor::host_byte + 1);

}  // namespace

std::optional<Claim> Claim::take(Fd file, const std::string& subject) {
  if (!sys::try_lock(file.get(), both, subject)) return {};
  return Claim(std::move(file));
}

// Not left to the last copy of the descriptor: a child that the host has forked may have one.
Claim::~Claim() {
  if (file_) sys::unlock(file_.get(), both);
}

void Claim::admit_monitor() noexcept { sys::unlock(file_.get(), {monitor::monitor_byte}); }

bool is_claimed(int fd, const std::string& subject) { return sys::is_locked(fd, both, subject); }

}  // namespace containerlib::runtime
