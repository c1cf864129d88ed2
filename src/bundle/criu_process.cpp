#include "bundle/criu_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"
#include "sandbox/execute/process.hpp"
#include "sandbox/execute/spawn.hpp"

namespace containerlib::bundle {
namespace {

constexpr int socket_number = 3;

/// A copy above all numbers that the new program gets, so that none is in the way of another.
Fd lifted(int fd) {
  constexpr int above = 256;
  Fd out(::fcntl(fd, F_DUPFD_CLOEXEC, above));
  if (!out) throw_errno(errno, "duplicate descriptor", std::to_string(fd));
  return out;
}

/// A descriptor on its way to the number that it has in criu.
struct Placed {
  Fd fd;
  int number;
};

int inherit(const CriuHeritage& heritage) {
  if (!heritage.keyring.empty())
    if (const int r = sandbox::new_keyring(heritage.keyring.c_str()); r < 0) return r;
  if (heritage.no_groups)
    if (const long r = sys::raw(SYS_setgroups, 0, nullptr); r < 0) return static_cast<int>(r);
  return heritage.no_new_privileges ? sandbox::no_new_privileges() : 0;
}

/// In the new process. Its errno to `tell` when it fails.
[[noreturn]] void become_criu(char* const args[], const std::vector<Placed>& placed,
                              const CriuHeritage& heritage, int tell) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  int error = -inherit(heritage);
  for (const Placed& p : placed)
    if (!error && ::dup2(p.fd.get(), p.number) < 0) error = errno;
  if (!error) {
    ::execvp(args[0], args);
    error = errno;
  }
  if (::write(tell, &error, sizeof error) < 0) ::_exit(126);
  ::_exit(127);
}

/// 0: it is criu now.
int await_execution(Fd& heard) {
  int error = 0;
  const ssize_t got = ::read(heard.get(), &error, sizeof error);
  return got == sizeof error ? error : 0;
}

}  // namespace

CriuProcess::CriuProcess(const std::string& program, const CriuHeritage& heritage) {
  int pair[2], told[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    throw_errno(errno, "make socket");
  socket_.reset(pair[0]);
  const Fd theirs(pair[1]);
  error_output_.reset(::memfd_create("criu", MFD_CLOEXEC));
  if (!error_output_) throw_errno(errno, "make memfd");
  if (::pipe2(told, O_CLOEXEC) != 0) throw_errno(errno, "make pipe");
  Fd heard(told[0]), tell(lifted(told[1]));
  ::close(told[1]);

  std::vector<Placed> placed;
  placed.push_back({lifted(error_output_.get()), 2});
  placed.push_back({lifted(theirs.get()), socket_number});
  for (std::size_t i = 0; i < heritage.descriptors.size(); ++i)
    placed.push_back({lifted(heritage.descriptors[i]), first_inherited + static_cast<int>(i)});

  std::string words[] = {program, "swrk", std::to_string(socket_number)};
  char* const args[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  const long pid = sandbox::clone_process(0, -1);
  if (pid < 0) throw_errno(static_cast<int>(-pid), "make process");
  if (pid == 0) become_criu(args, placed, heritage, tell.get());
  pid_ = static_cast<pid_t>(pid);
  tell.reset();
  const int error = await_execution(heard);
  if (!error) return;
  reap();
  throw_errno(error, "execute", program, "checkpoint and restore are done by CRIU");
}

CriuProcess::~CriuProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

void CriuProcess::reap() {
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

criu::Answer CriuProcess::ask(criu::Job job, const criu::Message& options,
                              const std::function<void(criu::Notice&)>& on_notice) {
  const criu::Answer answer = criu::ask(socket_.get(), job, options, on_notice);
  socket_.reset();
  reap();
  return answer;
}

std::string CriuProcess::said() const {
  ::lseek(error_output_.get(), 0, SEEK_SET);
  return sys::read_all(error_output_.get(), std::size_t{1} << 20, "criu's error output");
}

}  // namespace containerlib::bundle
