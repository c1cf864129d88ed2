#include "integration/in_child.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <containerlib/fd.hpp>
#include <exception>
#include <stdexcept>

namespace tests {
namespace {

std::string read_all(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

/// The result goes to a descriptor that is not among the first ones, which `work` may close.
[[noreturn]] void run(const std::function<std::string()>& work, int result) {
  std::string wrong;
  try {
    wrong = work();
  } catch (const std::exception& error) {
    wrong = std::string("threw ") + error.what();
  }
  const bool written = ::write(result, wrong.data(), wrong.size()) == ssize_t(wrong.size());
  ::_exit(written ? 0 : 1);
}

}  // namespace

std::string in_child(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const containerlib::Fd out(ends[0]);
  containerlib::Fd in(::fcntl(ends[1], F_DUPFD_CLOEXEC, 100));
  ::close(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) run(work, in.get());
  in.reset();
  const std::string wrong = read_all(out.get());
  int status = -1;
  if (::waitpid(child, &status, 0) != child) return "the child is gone";
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "exited with " + std::to_string(WEXITSTATUS(status));
  return wrong;
}

}  // namespace tests
