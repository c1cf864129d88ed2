#include "store/staging.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::store {
Staging::Staging(Vfs& vfs, int tmp_dir, std::function<void(const std::string&)> remove) {
  while (true) {
    name_ = random_name();
    // Until the flock is ours, a recovery may take it for a dead process's and remove it.
    check(vfs.make_dir(tmp_dir, name_.c_str(), 0700), "make staging directory", name_);
    int result = vfs.change_mode_at(tmp_dir, name_.c_str(), 0700);
    if (result == -ENOENT) continue;
    check(result, "make staging directory", name_);
    int fd = vfs.open(tmp_dir, name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 0);
    if (fd == -ENOENT) continue;
    dir_.reset(static_cast<int>(check(fd, "make staging directory", name_)));
    int locked = vfs.lock(dir_.get(), LOCK_EX | LOCK_NB);
    if (locked == -EWOULDBLOCK) continue;
    check(locked, "lock staging directory", name_);
    struct stat status;
    check(vfs.stat(dir_.get(), "", status), "make staging directory", name_);
    if (status.st_nlink > 0) break;
  }
  remove_ = std::move(remove);
}

Staging::Staging(Staging&& other) noexcept
    : dir_(std::move(other.dir_)),
      name_(std::move(other.name_)),
      last_(other.last_),
      remove_(std::exchange(other.remove_, nullptr)) {}

Staging::~Staging() {
  if (remove_) remove_(name_);
}

}  // namespace containerlib::store
