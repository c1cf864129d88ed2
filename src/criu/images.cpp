#include "criu/images.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <cerrno>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "linux/text.hpp"

namespace containerlib::criu {
namespace {

void share(int fd, gid_t group, mode_t mode, const std::string& name) {
  if (::fchown(fd, static_cast<uid_t>(-1), group) != 0 || ::fchmod(fd, mode) != 0)
    throw_errno(errno, "give access to", name);
}

}  // namespace

gid_t group_of_root(pid_t pid) {
  const std::string map =
      sys::read_host_file("/proc/" + std::to_string(pid) + "/gid_map").value_or("");
  for (const std::string_view line : sys::lines(map)) {
    const auto word = sys::words(line);
    if (word.size() == 3 && word[0] == "0")
      return static_cast<gid_t>(sys::parse_number(word[1]).value_or(0));
  }
  return 0;
}

void share_images(int images, gid_t group) {
  if (group == 0) return;
  share(images, group, 0750, "directory of the checkpoint");
  Fd list(::openat(images, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::fdopendir(list.get()), ::closedir);
  if (!dir) throw_errno(errno, "read directory of the checkpoint");
  list.release();
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_type != DT_REG) continue;
    const Fd fd(::openat(images, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw_errno(errno, "open", entry->d_name);
    share(fd.get(), group, 0640, entry->d_name);
  }
}

}  // namespace containerlib::criu
