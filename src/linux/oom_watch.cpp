#include "linux/oom_watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

Fd open_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno(errno, "watch for a lack of memory", path);
  return fd;
}

}  // namespace

OomWatch::OomWatch(const CgroupDirs& dirs) {
  const auto memory = dirs.v1.find("memory");
  if (memory == dirs.v1.end()) {
    counter_ = dirs.unified + "/memory.events";
    v2_ = true;
    if (dirs.unified.empty() || ::access(counter_.c_str(), F_OK) != 0)
      throw_error(Errc::unsupported, "watch for a lack of memory", dirs.unified,
                  "no cgroup counts its memory");
    fd_ = open_file(counter_);
  } else {
    // cgroup-v1/memory.rst, "OOM Control": an eventfd is told to cgroup.event_control.
    counter_ = memory->second + "/memory.oom_control";
    control_ = open_file(counter_);
    fd_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd_) throw_errno(errno, "make eventfd");
    const std::string file = memory->second + "/cgroup.event_control";
    const int error =
        write_control(file, std::to_string(fd_.get()) + ' ' + std::to_string(control_.get()));
    if (error != 0) throw_errno(error, "watch for a lack of memory", file);
  }
  if (v2_) seen_ = kills();
}

// v2: a change of memory.events is POLLPRI, until it is read again (cgroup-v2.rst).
short OomWatch::events() const { return v2_ ? POLLPRI : POLLIN; }

std::uint64_t OomWatch::kills() const {
  char text[1024];
  const ssize_t size = ::pread(fd_.get(), text, sizeof text, 0);
  if (size <= 0) return seen_;
  return parse_number(keyed_value({text, static_cast<std::size_t>(size)}, "oom_kill"))
      .value_or(seen_);
}

std::uint64_t OomWatch::take() {
  if (v2_) {
    const std::uint64_t before = std::exchange(seen_, kills());
    return seen_ - before;
  }
  // Told before oom_kill in memory.oom_control counts it, and once more when the group goes.
  std::uint64_t told = 0;
  if (::read(fd_.get(), &told, sizeof told) < 0) return 0;
  return is_gone() ? 0 : told;
}

bool OomWatch::is_gone() const { return ::access(counter_.c_str(), F_OK) != 0; }

}  // namespace containerlib::sys
