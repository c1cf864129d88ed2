#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "monitor/running.hpp"

// A container's files that the monitor keeps open: state, life and log.
namespace containerlib::monitor {
namespace {

bool is_named(const Texts& file) { return !file.empty() && *file.begin(); }

bool lock_own_byte(int fd, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = monitor_byte;
  lock.l_len = 1;
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/// Opened by its name: the lock of the host's own open file may be shared with its children.
int open_locked(const Texts& file, int flags, int& out) {
  if (!is_named(file)) return 0;
  out = ::open(file.begin(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags);
  return out >= 0 && lock_own_byte(out, F_WRLCK) ? 0 : errno;
}

/// In place, over what is there: a full disk does not matter.
int write_life(int fd, const LifeRecord& record) {
  char text[life_record_size];
  format_life(text, record);
  ssize_t written = ::pwrite(fd, text, sizeof text, 0);
  return written == sizeof text ? 0 : written < 0 ? errno : ENOSPC;
}

}  // namespace

int open_files(Running& r) {
  if (int e = open_locked(r.state_file, O_APPEND, r.state)) return e;
  if (int e = open_locked(r.life_file, 0, r.life)) return e;
  if (!is_named(r.log_file)) return 0;
  r.log = ::open(r.log_file.begin(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  return r.log < 0 ? errno : 0;
}

int tell_that_it_runs(Running& r) {
  char line[32] = "pid ";
  std::size_t n = 4 + format(line + 4, r.pid);
  line[n++] = '\n';
  if (r.state >= 0 && ::write(r.state, line, n) < 0) return errno;
  // Last: whoever sees that it runs finds all of its state.
  r.started_ns = now_ns();
  return r.life < 0 ? 0 : write_life(r.life, {LifeRecord::State::running, r.pid, r.started_ns, {}});
}

void tell_how_it_ended(const Running& r, const Event& e) {
  // There is nobody to tell an error to.
  const ExitRecord exit{e.signaled != 0, e.code, e.oom_killed != 0, e.finished_ns};
  if (r.life >= 0) write_life(r.life, {LifeRecord::State::ended, 0, r.started_ns, exit});
}

void let_go_of_life(Running& r) {
  if (r.life < 0) return;
  // A process that is just being started may have a copy of the descriptor until its execve.
  lock_own_byte(r.life, F_UNLCK);
  ::close(r.life);
  r.life = -1;
}

}  // namespace containerlib::monitor
