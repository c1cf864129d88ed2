#include "linux/sealed_program.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/broken.hpp"
#include "base/error.hpp"

namespace containerlib::sys {
namespace {

// Linux 6.3, <linux/memfd.h>, <linux/fcntl.h>.
constexpr unsigned memfd_exec = 0x10;
constexpr int seal_exec = 0x20;
constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

constexpr const char* no_exec_hint = "does vm.memfd_noexec forbid executable memfds?";

Fd make_memfd(const std::string& name) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd fd(::memfd_create(name.c_str(), flags | memfd_exec));
  if (!fd && errno == EINVAL) fd = Fd(::memfd_create(name.c_str(), flags));
  if (!fd) throw_errno(errno, "create memfd", name, errno == EACCES ? no_exec_hint : "");
  return fd;
}

void seal(const Fd& fd, const std::string& name) {
  if (broken("SEC-21-seals")) return;
  int result = ::fcntl(fd.get(), F_ADD_SEALS, seals | seal_exec);
  if (result < 0 && errno == EINVAL) result = ::fcntl(fd.get(), F_ADD_SEALS, seals);
  if (result < 0) throw_errno(errno, "seal memfd", name);
}

}  // namespace

Fd sealed_program(const char* name, std::span<const unsigned char> content) {
  const std::string full_name = std::string("containerlib-") + name;
  Fd fd = make_memfd(full_name);
  // A write beyond the limit would be a SIGXFSZ to the host.
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < content.size())
    throw_errno(EFBIG, "write memfd", full_name,
                "RLIMIT_FSIZE is below its " + std::to_string(content.size()) + " bytes");
  while (!content.empty()) {
    const ssize_t written = ::write(fd.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(errno, "write memfd", full_name);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  seal(fd, full_name);
  return fd;
}

bool is_sealed(int fd) {
  const int found = ::fcntl(fd, F_GET_SEALS);  // -1: a file of another kind
  return found >= 0 && ((found & seals) == seals || broken("SEC-21-seals"));
}

}  // namespace containerlib::sys
