#include "security/probe_report.hpp"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "integration/busybox_root.hpp"

namespace tests {
namespace {

constexpr const char* last_check = "setuid";
constexpr int set_memory_merge = 67;  // Linux 6.4

cl::Image import_probe(Containers& containers) {
  const auto root = containers.host.scratch / "probe-root";
  make_busybox_root(root);
  std::filesystem::copy_file(PROBE, root / "probe");
  const cl::Image image = containers.runtime().import(root, {.tag = "probe"});
  std::filesystem::remove_all(root);
  return image;
}

}  // namespace

ProbeReport::ProbeReport(const std::string& output) {
  for (std::string line : lines_of(output)) {
    if (line.ends_with('\r')) line.pop_back();  // from a terminal
    const std::size_t kind = line.find(' '), name = line.find(' ', kind + 1);
    const std::string check = line.substr(kind + 1, name - kind - 1);
    const std::string text = name == std::string::npos ? "" : line.substr(name + 1);
    if (line.starts_with("ok ")) good.insert(check);
    if (line.starts_with("FAIL ")) failed[check] = text;
    if (line.starts_with("skip ")) skipped[check] = text;
    complete = complete || check == last_check;
  }
}

AbstractSocket::AbstractSocket()
    : name_("containerlib-probe-" + std::to_string(::getpid())),
      fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::copy(name_.begin(), name_.end(), address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name_.size());
  REQUIRE(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(fd_.get(), 100) == 0);
}

CarelessHost::CarelessHost()
    : personality_(::personality(ADDR_NO_RANDOMIZE)),
      umask_(static_cast<int>(::umask(0))),
      descriptor_(::open("/etc", O_RDONLY | O_DIRECTORY)),
      timer_slack_(::prctl(PR_GET_TIMERSLACK)) {
  ::prctl(PR_SET_TIMERSLACK, 1);
  ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  ::prctl(set_memory_merge, 1, 0, 0, 0);
  // What follows is root's alone.
  const sched_param first = {.sched_priority = 1};
  ::sched_setscheduler(0, SCHED_RR, &first);
  ::setpriority(PRIO_PROCESS, 0, -5);
  ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_CLASS_RT << IOPRIO_CLASS_SHIFT);
  ::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP);
  ::signal(SIGUSR1, SIG_IGN);
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR2);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  ::setenv("SECRET_OF_THE_HOST", "1", 1);
}

CarelessHost::~CarelessHost() {
  ::unsetenv("SECRET_OF_THE_HOST");
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR2);
  ::sigprocmask(SIG_UNBLOCK, &blocked, nullptr);
  ::signal(SIGUSR1, SIG_DFL);
  ::prctl(PR_SET_SECUREBITS, 0);
  ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
  ::setpriority(PRIO_PROCESS, 0, 0);
  const sched_param none = {};
  ::sched_setscheduler(0, SCHED_OTHER, &none);
  ::prctl(set_memory_merge, 0, 0, 0, 0);
  ::prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  ::prctl(PR_SET_TIMERSLACK, timer_slack_);
  ::close(descriptor_);
  ::umask(static_cast<mode_t>(umask_));
  ::personality(static_cast<unsigned long>(personality_));
}

Args probe_command(const AbstractSocket& socket, const std::string& program) {
  Args words = {program, "abstract=" + socket.name()};
  for (const std::string kind : {"user", "mnt", "pid", "ipc", "uts", "cgroup", "net"}) {
    struct stat info = {};
    REQUIRE(::stat(("/proc/self/ns/" + kind).c_str(), &info) == 0);
    words.push_back("ns." + kind + "=" + std::to_string(info.st_ino));
  }
  char hostname[256] = "";
  ::gethostname(hostname, sizeof hostname - 1);
  words.push_back("hostname=" + std::string(hostname));
  const int oom_score = std::stoi(read_file("/proc/self/oom_score_adj"));
  words.push_back("oom=" + std::to_string(std::max(0, oom_score)));
  if (!has_ids()) words.push_back("single_id=yes");
  return words;
}

ProbeImage::ProbeImage(Containers& containers)
    : containers_(containers), image_(import_probe(containers)) {}

ProbeImage::~ProbeImage() { containers_.runtime().remove_image("probe"); }

}  // namespace tests
