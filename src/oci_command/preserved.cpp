#include "oci_command/preserved.hpp"

#include <fcntl.h>

#include <cstdlib>

#include "base/error.hpp"
#include "linux/text.hpp"

namespace containerlib::oci_command {

unsigned preserved(const Arguments& arguments) {
  const long long wanted = arguments.number("preserve-fds").value_or(0);
  const char* const listening = std::getenv("LISTEN_FDS");
  const std::uint64_t more = listening ? sys::parse_number(listening).value_or(0) : 0;
  constexpr long long most = 1 << 16;
  if (wanted < 0 || wanted > most || more > most)
    throw_error(Errc::invalid_option, "use option", "--preserve-fds", "must be from 0 to 65536");
  const unsigned count = static_cast<unsigned>(wanted) + static_cast<unsigned>(more);
  // Whoever opened them may have meant them for this program only.
  for (unsigned fd = 3; fd < 3 + count; ++fd) {
    const int flags = ::fcntl(static_cast<int>(fd), F_GETFD);
    if (flags < 0) throw_errno(errno, "preserve descriptor", std::to_string(fd), "it is not open");
    ::fcntl(static_cast<int>(fd), F_SETFD, flags & ~FD_CLOEXEC);
  }
  return count;
}

}  // namespace containerlib::oci_command
