#include "integration/host_state.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <initializer_list>

#include "integration/command.hpp"

namespace fs = std::filesystem;

namespace tests {
namespace {

// A field of /proc/self/status, proc(5): the file mode mask can be read there without setting it.
std::string status_field(const std::string& name) {
  for (const std::string& line : lines_of(read_file("/proc/self/status")))
    if (line.starts_with(name + ":")) return line.substr(name.size() + 1);
  return {};
}

std::string text_of(const sigset_t& set) {
  std::string text;
  for (int signal = 1; signal < NSIG; ++signal)
    text += ::sigismember(&set, signal) == 1 ? '1' : '0';
  return text;
}

/// As the kernel has it: a sanitizer's sigaction() shows its own view.
std::string action_of(int signal) {
  struct {
    std::uintptr_t handler;
    unsigned long flags;
    std::uintptr_t restorer;
    std::uint64_t mask;
  } action = {};
  if (::syscall(SYS_rt_sigaction, signal, nullptr, &action, sizeof action.mask) != 0) return "-";
  // SA_RESTORER, which the C library adds when an action is set again.
  const unsigned long flags = action.flags & ~0x04000000ul;
  return std::to_string(action.handler) + " " + std::to_string(flags) + " " +
         std::to_string(action.mask);
}

std::string numbers(std::initializer_list<long> values) {
  std::string text;
  for (const long value : values) text += std::to_string(value) + " ";
  return text;
}

std::string session_now() { return numbers({::getsid(0), ::getpgid(0), ::getpid(), ::getppid()}); }

std::string attributes_now() {
  int subreaper = -1;
  ::prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
  return "subreaper, dumpable, keepcaps, securebits, THP, personality, nice: " +
         numbers({subreaper, ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
                  ::prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0), ::prctl(PR_GET_SECUREBITS, 0, 0, 0, 0),
                  ::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), ::personality(0xffffffff),
                  ::getpriority(PRIO_PROCESS, 0)});
}

std::string namespaces_now() {
  std::string text;
  std::error_code error;
  for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid_for_children", "user", "uts"})
    text += fs::read_symlink(fs::path("/proc/self/ns") / name, error).string() + " ";
  return text + fs::read_symlink("/proc/self/root", error).string();
}

std::string signal_mask() {
  sigset_t set;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
  return text_of(set);
}

}  // namespace

HostState HostState::now() {
  HostState state;
  state.cwd = fs::current_path();
  state.umask = status_field("Umask");
  state.user_ids = status_field("Uid") + status_field("Gid") + status_field("Groups") +
                   status_field("CapEff") + status_field("NoNewPrivs") + status_field("Seccomp");
  state.session = session_now();
  state.attributes = attributes_now();
  state.namespaces = namespaces_now();
  for (char** entry = environ; *entry; ++entry) state.environment.emplace_back(*entry);
  for (int signal = 1; signal < NSIG; ++signal) state.signal_actions.push_back(action_of(signal));
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    rlimit limit = {};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &limit);
    state.limits.insert(state.limits.end(), {limit.rlim_cur, limit.rlim_max});
  }
  state.threads = std::stoi(status_field("Threads"));
  return state;
}

std::string HostState::differences(const HostState& later) const {
  std::string text;
  if (cwd != later.cwd) text += "working directory " + cwd + " -> " + later.cwd + "\n";
  if (umask != later.umask) text += "umask " + umask + " -> " + later.umask + "\n";
  if (user_ids != later.user_ids) text += "ids " + user_ids + " -> " + later.user_ids + "\n";
  if (session != later.session) text += "session " + session + " -> " + later.session + "\n";
  if (attributes != later.attributes) text += attributes + " -> " + later.attributes + "\n";
  if (namespaces != later.namespaces)
    text += "namespaces " + namespaces + " -> " + later.namespaces + "\n";
  if (environment != later.environment) text += "environment\n";
  if (limits != later.limits) text += "rlimits\n";
  if (threads != later.threads)
    text += "threads " + std::to_string(threads) + " -> " + std::to_string(later.threads) + "\n";
  for (std::size_t i = 0; i < signal_actions.size(); ++i)
    if (signal_actions[i] != later.signal_actions[i])
      text += "action of signal " + std::to_string(i + 1) + "\n";
  return text;
}

std::map<int, std::string> inheritable_descriptors() {
  std::map<int, std::string> result;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    const int flags = ::fcntl(fd, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) result[fd] = fs::read_symlink(entry.path(), error);
  }
  return result;
}

std::string thread_state() {
  char name[16] = {};
  ::prctl(PR_GET_NAME, name, 0, 0, 0);
  int death_signal = -1;
  ::prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  ::sched_getaffinity(0, sizeof cpus, &cpus);
  return signal_mask() + ' ' + name + ' ' +
         numbers({death_signal, ::prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0), ::sched_getscheduler(0),
                  CPU_COUNT(&cpus), ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)});
}

}  // namespace tests
