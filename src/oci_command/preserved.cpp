#include "oci_command/preserved.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "linux/text.hpp"

namespace containerlib::oci_command {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

/// How many were handed to this very process. Without LISTEN_PID it is not said to whom.
std::uint64_t activated() {
  const std::string process = variable("LISTEN_PID");
  if (!process.empty() && process != std::to_string(::getpid())) return 0;
  return sys::parse_number(variable("LISTEN_FDS")).value_or(0);
}

std::vector<std::string> activation_variables(std::uint64_t count) {
  // As runc and crun, whatever the process's number is where it has no pid namespace of its own.
  std::vector<std::string> out = {"LISTEN_FDS=" + std::to_string(count), "LISTEN_PID=1"};
  if (const std::string names = variable("LISTEN_FDNAMES"); !names.empty())
    out.push_back("LISTEN_FDNAMES=" + names);
  return out;
}

}  // namespace

Preserved preserved(const Arguments& arguments) {
  const long long wanted = arguments.number("preserve-fds").value_or(0);
  const std::uint64_t listening = activated();
  constexpr long long most = 1 << 16;
  if (wanted < 0 || wanted > most || listening > most)
    throw_error(Errc::invalid_option, "use option", "--preserve-fds", "must be from 0 to 65536");
  Preserved out;
  out.count = static_cast<unsigned>(wanted) + static_cast<unsigned>(listening);
  if (listening != 0) out.env = activation_variables(listening);
  for (unsigned fd = 3; fd < 3 + out.count; ++fd) {
    // What this program has opened itself has the flag, what it was given has not.
    const int flags = ::fcntl(static_cast<int>(fd), F_GETFD);
    if (flags < 0 || (flags & FD_CLOEXEC) != 0)
      throw_errno(EBADF, "preserve descriptor", std::to_string(fd), "it is not open");
  }
  return out;
}

}  // namespace containerlib::oci_command
