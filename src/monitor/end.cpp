#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "linux/confined.hpp"
#include "linux/syscalls.hpp"
#include "monitor/running.hpp"

namespace containerlib::monitor {
namespace {

/// The number that follows "oom_kill " at the start of a line; 0 when there is none.
long oom_kills(const char* group, const char* file) {
  char path[4096 + 64], text[1024] = {};
  std::size_t size = std::strlen(group);
  if (size > 4096) return 0;
  std::memcpy(path, group, size);
  std::memcpy(path + size, file, std::strlen(file) + 1);
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  const char* line = got > 0 ? std::strstr(text, "\noom_kill ") : nullptr;
  return line ? std::atol(line + 10) : 0;
}

void pause_1ms() {
  timespec t{0, 1000000};
  ::nanosleep(&t, nullptr);
}

/// No error for a file that this version of cgroups has not.
void write_control(const char* group, const char* file, const char* value) {
  char path[4096 + 64];
  const std::size_t size = std::strlen(group);
  if (size > 4096) return;
  std::memcpy(path, group, size);
  std::memcpy(path + size, file, std::strlen(file) + 1);
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (::write(fd, value, std::strlen(value)) < 0) pause_1ms();
  ::close(fd);
}

/// With the groups that a container with the rights to do so has made below it.
int remove_groups(int parent, const char* name, int depth) {
  constexpr int deepest = 32;
  if (::unlinkat(parent, name, AT_REMOVEDIR) == 0) return 0;
  const int error = errno;
  const int fd = error == EBUSY && depth < deepest
                     ? ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                     : -1;
  DIR* const dir = fd >= 0 ? ::fdopendir(fd) : nullptr;
  if (!dir) {
    if (fd >= 0) ::close(fd);
    return error;
  }
  while (const dirent* entry = ::readdir(dir))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
      remove_groups(::dirfd(dir), entry->d_name, depth + 1);
  ::closedir(dir);
  return ::unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

/// cgroup.kill reaches what has left the pid namespace's tree, if anything ever does. False: it is
/// still there.
bool remove_cgroup(const char* group) {
  int error = EBUSY;
  for (int tries = 0; tries < 200 && error == EBUSY; ++tries) {
    error = remove_groups(AT_FDCWD, group, 0);
    if (error != EBUSY) break;
    write_control(group, "/cgroup.kill", "1");
    pause_1ms();
  }
  return error == 0 || error == ENOENT;
}

int remove_all(const Texts& trees) {
  int error = 0;
  for_each(trees, [&](const char* path) {
    if (int r = sys::remove_tree_confined(path); r < 0 && !error) error = -r;
  });
  return error;
}

/// The group of all containers stays for the next one, and goes with this monitor.
void remember_parent(Monitor& m, const char* group) {
  const std::string_view parent(group, static_cast<std::size_t>(std::strrchr(group, '/') - group));
  bool known = false;
  for_each(m.parents, [&](const char* other) { known |= parent == other; });
  if (!known) m.parents.add(parent);
}

/// The counters go with the groups; an exec'd process that has ended too may be told of later.
void remember_oom_kills(Monitor& m) {
  for (Running* r = m.first; r; r = r->next)
    if (!r->joined.empty()) r->oom_kills_seen = oom_kills(*r);
}

/// Undoes all that was made for the process, tells so, and forgets it.
void clean_up(Monitor& m, Running& r) {
  for (Source& s : r.output) {
    finish_output(r, s);
    unwatch(m, s);
  }
  unwatch(m, r.start);
  unwatch(m, r.end);
  unwatch(m, r.restored);
  const bool given_up = std::exchange(r.restoring, false);
  if (given_up) end_strays(m);
  bool removed = true;
  if (!r.cgroups.empty()) remember_oom_kills(m);
  for_each(r.cgroups, [&](const char* group) {
    removed &= remove_cgroup(group);
    remember_parent(m, group);
  });
  Event done;
  done.type = EventType::done;
  done.errnum = remove_all(r.remove_after);
  if (given_up || (m.host_gone && r.attached)) remove_all(r.remove_on_host_death);
  // Locks first: whoever sees the state file gone or hears `done` may want them at once.
  let_go_of_life(r);
  // With what is left of a group, the next that opens the run directory tries again.
  if (removed && !r.state_file.empty() && *r.state_file.begin()) ::unlink(r.state_file.begin());
  const int channel = std::exchange(r.channel, -1);
  close_all(r);
  send_event(channel, done, nullptr, 0);
  ::shutdown(channel, SHUT_WR);
  ::close(channel);

  for (Running** link = &m.first; *link; link = &(*link)->next)
    if (*link == &r) {
      *link = r.next;
      break;
    }
  for (Texts* t : {&r.id, &r.log_file, &r.state_file, &r.remove_after, &r.remove_on_host_death,
                   &r.cgroups, &r.joined})
    t->clear();
  std::free(&r);
}

}  // namespace

long oom_kills(const Running& r) {
  long sum = 0;
  for (const Texts* groups : {&r.cgroups, &r.joined})
    for_each(*groups, [&](const char* group) {
      sum += oom_kills(group, "/memory.events") + oom_kills(group, "/memory.oom_control");
    });
  return sum;
}

void kill_process(Running& r) {
  if (r.pid <= 0) return;
  ::kill(r.pid, SIGKILL);  // ours and not yet reaped, so the id is still its own
  // A v1 freezer keeps even SIGKILL waiting.
  for_each(r.cgroups, [](const char* group) { write_control(group, "/freezer.state", "THAWED"); });
}

void on_end_event(Monitor& m, Running& r) {
  // It may have failed at its last step: that message explains more than the exit code.
  if (!r.started && r.start.fd >= 0) return on_start_event(m, r);
  siginfo_t info{};
  if (r.restoring) return end_criu(m, r);
  if (::waitid(P_PID, static_cast<id_t>(r.pid), &info, WEXITED | __WALL) < 0) info.si_status = 255;
  Event event;
  event.type = EventType::ended;
  event.signaled = info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED;
  event.code = info.si_status;
  // A shell whose child was killed ends with 137 itself.
  event.oom_killed = event.code == (event.signaled ? SIGKILL : 128 + SIGKILL) &&
                     std::max(oom_kills(r), r.oom_kills_seen) > r.oom_kills_before;
  event.finished_ns = now_ns();
  for (Source& s : r.output) finish_output(r, s);
  tell_how_it_ended(r, event);
  send_event(r.channel, event, nullptr, 0);
  clean_up(m, r);
}

void report_failure(Monitor& m, Running& r, std::uint32_t step, int errnum) {
  if (r.pid > 0) {
    kill_process(r);
    ::waitid(P_PID, static_cast<id_t>(r.pid), nullptr, WEXITED | __WALL);
  }
  Event event;
  event.type = EventType::failed;
  event.step = step;
  event.errnum = errnum;
  send_event(r.channel, event, nullptr, 0);
  clean_up(m, r);
}

}  // namespace containerlib::monitor
