#include "bundle/pid_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <cerrno>
#include <cstdio>

#include "base/error.hpp"

namespace containerlib::bundle {

void write_pid_file(const std::string& path, pid_t pid) {
  // In the same directory, so that it can be renamed; another name for each process.
  const std::size_t slash = path.rfind('/') + 1;
  const std::string unfinished =
      path.substr(0, slash) + '.' + path.substr(slash) + '.' + std::to_string(::getpid());
  const Fd fd(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const std::string text = std::to_string(pid);
  if (!fd || ::write(fd.get(), text.data(), text.size()) < 0 ||
      std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(unfinished.c_str());
    throw_errno(error, "write pid file", path);
  }
}

}  // namespace containerlib::bundle
