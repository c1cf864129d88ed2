#include "linux/cgroup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Asks again and again, at first every fifth of a millisecond. False: not true at the deadline.
template <class Predicate>
bool wait_until(Clock::time_point deadline, Predicate&& holds) {
  auto pause = std::chrono::microseconds(200);
  while (!holds()) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(10000));
  }
  return true;
}

/// What a wait for something in a group has ended with.
enum class Waited { seen, late, gone };

/// Waits for "key value" in cgroup.events, which wakes poll(2) when it changes (cgroup-v2.rst) but
/// not when the group goes: that is seen by asking now and then.
Waited wait_for_event(const std::string& group, const std::string& key, const std::string& value,
                      Clock::time_point deadline) {
  constexpr long slice = 20;
  const std::string path = group + "/cgroup.events";
  const Fd events(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!events) return Waited::gone;
  for (;;) {
    char buffer[256];
    const ssize_t size = ::pread(events.get(), buffer, sizeof buffer, 0);
    if (size < 0) return Waited::gone;
    if (keyed_value({buffer, static_cast<std::size_t>(size)}, key) == value) return Waited::seen;
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Waited::late;
    pollfd waiter = {events.get(), POLLPRI, 0};
    ::poll(&waiter, 1, static_cast<int>(std::min<long>(left, slice)));
  }
}

/// The v1 freezer's directory; empty: none.
std::string freezer_of(const CgroupDirs& dirs) {
  const auto found = dirs.v1.find("freezer");
  return found == dirs.v1.end() ? std::string() : found->second;
}

Waited freeze_v2(const std::string& group, Clock::time_point deadline) {
  const std::string control = group + "/cgroup.freeze";
  if (const int error = write_control(control, "1"); error != 0)
    throw_errno(error, "freeze cgroup", control);
  return wait_for_event(group, "frozen", "1", deadline);
}

/// A group of v1 that forks meanwhile stays FREEZING until the state is written again
/// (freezer-subsystem.rst).
Waited freeze_v1(const std::string& freezer, Clock::time_point deadline) {
  const std::string state = freezer + "/freezer.state";
  const bool frozen = wait_until(deadline, [&state] {
    if (const int error = write_control(state, "FROZEN"); error != 0)
      throw_errno(error, "freeze cgroup", state);
    return read_host_file(state) == "FROZEN\n";
  });
  return frozen ? Waited::seen : Waited::late;
}

std::string name_of(const CgroupDirs& dirs) {
  if (!dirs.unified.empty()) return dirs.unified;
  return dirs.v1.empty() ? std::string() : dirs.v1.begin()->second;
}

std::vector<std::string> all_directories(const CgroupDirs& dirs) {
  std::set<std::string> all;  // v1 controllers that are mounted together share one
  if (!dirs.unified.empty()) all.insert(dirs.unified);
  for (const auto& [controller, directory] : dirs.v1) all.insert(directory);
  return {all.begin(), all.end()};
}

/// SIGKILL to each process that is in the group both before and after a handle on it was opened: so
/// the handle is not on a later process with the same number.
void signal_all(const CgroupDirs& dirs) {
  std::vector<std::pair<pid_t, Fd>> handles;
  for (const pid_t pid : cgroup_processes(dirs)) {
    const long handle = pidfd_open(pid);
    if (handle >= 0) handles.emplace_back(pid, Fd(static_cast<int>(handle)));
  }
  const std::vector<pid_t> still = cgroup_processes(dirs);
  for (const auto& [pid, handle] : handles)
    if (std::binary_search(still.begin(), still.end(), pid))
      pidfd_send_signal(handle.get(), SIGKILL);
}

/// One round of killing without cgroup.kill (before Linux 5.14, or v1). While the group is frozen
/// nothing in it can fork; thawed, it dies.
void kill_round(const CgroupDirs& dirs) {
  constexpr milliseconds patience{100};
  try {
    freeze_cgroup(dirs, patience);
  } catch (const Error&) {
    // Not frozen: what forks meanwhile is met by the next round.
  }
  signal_all(dirs);
  thaw_cgroup(dirs);
}

void remove_directory(const std::string& directory, Clock::time_point deadline) {
  int error = 0;
  const bool gone = wait_until(deadline, [&] {
    const std::vector<std::string> groups = groups_from(directory);
    error = 0;
    for (auto group = groups.rbegin(); group != groups.rend(); ++group)
      if (::rmdir(group->c_str()) != 0 && errno != ENOENT) error = errno;
    if (error != 0 && error != EBUSY) throw_errno(error, "remove cgroup", directory);
    return error == 0;
  });
  if (!gone) throw_errno(error, "remove cgroup", directory, "a process is still in it");
}

}  // namespace

std::vector<pid_t> cgroup_processes(const CgroupDirs& dirs) {
  std::set<pid_t> found;
  for (const std::string& directory : all_directories(dirs))
    for (const std::string& group : groups_from(directory)) {
      const std::string list = read_host_file(group + "/cgroup.procs").value_or("");
      for (const std::string_view line : lines(list))
        if (const auto pid = parse_number(line); pid && *pid != 0)
          found.insert(static_cast<pid_t>(*pid));
    }
  return {found.begin(), found.end()};
}

void freeze_cgroup(const CgroupDirs& dirs, milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  const std::string freezer = freezer_of(dirs);
  if (dirs.unified.empty() && freezer.empty())
    throw_error(Errc::unsupported, "freeze cgroup", name_of(dirs),
                "neither cgroup v2 nor the v1 freezer");
  switch (dirs.unified.empty() ? freeze_v1(freezer, deadline) : freeze_v2(dirs.unified, deadline)) {
    case Waited::seen: return;
    case Waited::gone: throw_errno(ENOENT, "freeze cgroup", name_of(dirs));
    case Waited::late: break;
  }
  thaw_cgroup(dirs);
  throw_error(Errc::timed_out, "freeze cgroup", name_of(dirs));
}

bool is_frozen(const CgroupDirs& dirs) {
  if (!dirs.unified.empty())
    return read_host_file(dirs.unified + "/cgroup.freeze").value_or("").starts_with('1');
  const std::string freezer = freezer_of(dirs);
  return !freezer.empty() && read_host_file(freezer + "/freezer.state")
                                 .value_or("")
                                 .starts_with("FR");  // FROZEN, FREEZING
}

void thaw_cgroup(const CgroupDirs& dirs) {
  const std::string freezer = freezer_of(dirs);
  std::string control;
  int error = 0;
  if (!dirs.unified.empty()) {
    control = dirs.unified + "/cgroup.freeze";
    error = write_control(control, "0");
  } else if (!freezer.empty()) {
    control = freezer + "/freezer.state";
    error = write_control(control, "THAWED");
  }
  if (error != 0 && error != ENOENT && error != ENODEV) throw_errno(error, "thaw cgroup", control);
}

void kill_cgroup(const CgroupDirs& dirs, milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  if (!dirs.unified.empty() && write_control(dirs.unified + "/cgroup.kill", "1") == 0)
    wait_for_event(dirs.unified, "populated", "0", deadline);
  // Nothing is left after cgroup.kill, but for a process that is in the v1 groups only.
  const bool empty = wait_until(deadline, [&dirs] {
    if (cgroup_processes(dirs).empty()) return true;
    kill_round(dirs);
    return false;
  });
  if (!empty) throw_error(Errc::timed_out, "kill cgroup", name_of(dirs));
}

bool remove_empty_cgroup(const CgroupDirs& dirs) {
  bool removed = true;
  for (const std::string& directory : all_directories(dirs))
    removed &= ::rmdir(directory.c_str()) == 0 || errno == ENOENT;
  return removed;
}

void remove_cgroup(const CgroupDirs& dirs, milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  for (const std::string& directory : all_directories(dirs)) remove_directory(directory, deadline);
}

void remove_empty_bases(const CgroupDirs& dirs) {
  for (const std::string& directory : all_directories(dirs)) {
    const std::string base = directory.substr(0, directory.rfind('/'));
    if (base.ends_with("/containerlib")) ::rmdir(base.c_str());
  }
}

}  // namespace containerlib::sys
