#include "sandbox/execute/hook.hpp"
#include "base/broken.hpp"
#include "linux/message.hpp"

#include <sys/mman.h>
#include <sys/socket.h>

#include "linux/syscalls.hpp"
#include "sandbox/execute/proc_path.hpp"
#include "sandbox/execute/process.hpp"
#include "sandbox/execute/run_program.hpp"

namespace containerlib::sandbox {
namespace {

int write_all(int fd, const char* text, std::size_t size) {
  while (size) {
    const ssize_t written = ::write(fd, text, size);
    if (written < 0) return -errno;
    text += written;
    size -= static_cast<std::size_t>(written);
  }
  return 0;
}

/// The state as a file that is read from its beginning: a hook need not read it to its end.
int make_state(const Launch& l, const RunHook& s, int pid) {
  const int fd = ::memfd_create("state", MFD_CLOEXEC);
  if (fd < 0) return -errno;
  const ProcPath digits("", pid, "");
  int r = write_all(fd, l.plan.str(s.state), s.state.size);
  // All of the state when there is no tail.
  if (r == 0 && s.state_tail.size) r = write_all(fd, digits.text, std::strlen(digits.text));
  if (r == 0) r = write_all(fd, l.plan.str(s.state_tail), s.state_tail.size);
  if (r == 0 && ::lseek(fd, 0, SEEK_SET) < 0) r = -errno;
  if (r == 0) return fd;
  ::close(fd);
  return r;
}

}  // namespace

int announce(const Launch& l) {
  const long sent = sys::send_message(l.status, "m", 1);
  return sent < 0 ? static_cast<int>(sent) : 0;
}

int expect(const Launch& l) {
  char word = 0;
  ssize_t got;
  do got = ::recv(l.process, &word, 1, MSG_PEEK | MSG_TRUNC);
  while (got < 0 && (errno == EINTR || errno == ECONNRESET));
  if (got != 1) return -ECANCELED;
  return ::recv(l.process, &word, 1, 0) < 0 ? -errno : 0;
}

int run_hook(const Launch& l, const RunHook& s, int pid) {
  Program program;
  program.path = l.plan.str(s.path);
  program.args = pointers(l.plan.str(s.args), s.args.size);
  program.env = pointers(l.plan.str(s.env), s.env.size);
  if (!program.args || !program.env) return -ENOMEM;
  if (s.dir.size) program.dir = l.plan.str(s.dir);
  program.timeout = s.timeout;
  program.input = make_state(l, s, pid);
  if (program.input < 0) return program.input;
  const int result = run_program(program);
  ::close(program.input);
  return result;
}

int run_id_tool(const Launch& l, const RunIdTool& s, int pid) {
  constexpr std::size_t most = 340 * 3;  // lines of a map, user_namespaces(7)
  const ProcPath digits("", pid, "");
  const char* args[most + 3] = {l.plan.str(s.path), digits.text};
  std::size_t n = 2;
  const char* id = l.plan.str(s.ids);
  for (const char* end = id + s.ids.size; id < end; id += std::strlen(id) + 1) {
    if (n == most + 2) return -E2BIG;
    args[n++] = id;
  }
  const char* env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
  Program program;
  program.path = args[0];
  program.args = args;
  program.env = env;
  const int result = run_program(program);
  return broken("SEC-32") ? 0 : result;
}

}  // namespace containerlib::sandbox
