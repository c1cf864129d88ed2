#include "bundle/container_dir.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "linux/remove_tree.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"

namespace containerlib::bundle {
namespace {

constexpr std::size_t largest_file = std::size_t{16} << 20;

void check_id(const std::string& id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+-.:@%").find(c) != std::string_view::npos;
  };
  if (id.empty() || id.size() > 255 || id[0] == '.' || !std::all_of(id.begin(), id.end(), allowed))
    throw_error(Errc::invalid_option, "use container id", id,
                "1 to 255 letters, digits and _ + - . : @ %, the first not a dot");
}

void make_root(const std::string& root) {
  for (std::size_t end = root.find('/', 1);; end = root.find('/', end + 1)) {
    const std::string path = root.substr(0, end);
    if (::mkdir(path.c_str(), end == std::string::npos ? 0700 : 0755) != 0 && errno != EEXIST)
      throw_errno(errno, "make directory", path);
    if (end == std::string::npos) return;
  }
}

/// The root may be in a directory that all may write to, such as /tmp, and what its files say is
/// acted on (SEC-13).
void check_owner(const Fd& dir, const std::string& path) {
  struct stat status;
  if (::fstat(dir.get(), &status) != 0) throw_errno(errno, "inspect", path);
  if ((status.st_uid != ::geteuid() || (status.st_mode & 022) != 0) && !broken("SEC-13-bundles"))
    throw_error(Errc::not_permitted, "use directory", path,
                "it belongs to another user or others may write to it");
}

Fd open_directory(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno != ENOENT) throw_errno(errno, "open", path);
  if (fd) check_owner(fd, path);
  return fd;
}

bool is_empty(int dir) {
  char entries[1024];
  constexpr long dot_and_dots = 48;  // linux_dirent64, aligned to 8 bytes
  const long size = sys::raw(SYS_getdents64, dir, entries, sizeof entries);
  if (size < 0) throw_errno(static_cast<int>(-size), "read directory");
  return size <= dot_and_dots;
}

[[noreturn]] void refuse_used(const std::string& id) {
  throw_error(Errc::name_in_use, "create container", id, "a container with this id exists");
}

[[noreturn]] void refuse_unknown(const std::string& id) {
  throw_error(Errc::container_not_found, "open container", id, "container does not exist");
}

}  // namespace

std::string default_root() {
  if (::geteuid() == 0) return "/run/containerlib-runtime";
  const char* const runtime_dir = std::getenv("XDG_RUNTIME_DIR");
  if (runtime_dir && *runtime_dir == '/') return std::string(runtime_dir) + "/containerlib-runtime";
  // Here somebody else may have been first.
  const std::string path = "/tmp/containerlib-runtime-" + std::to_string(::geteuid());
  make_root(path);
  if (const Fd fd = open_directory(path); !fd) throw_errno(ENOENT, "open", path);
  return path;
}

ContainerDir::ContainerDir(std::string root, std::string id, Fd fd)
    : id_(std::move(id)), path_(std::move(root) + '/' + id_), fd_(std::move(fd)) {}

ContainerDir ContainerDir::create(const std::string& root, const std::string& id) {
  check_id(id);
  const std::string path = root + '/' + id;
  for (;;) {
    int made = ::mkdir(path.c_str(), 0700);
    if (made != 0 && errno == ENOENT) {
      make_root(root);
      made = ::mkdir(path.c_str(), 0700);
    }
    if (made != 0 && errno == EEXIST) refuse_used(id);
    if (made != 0) throw_errno(errno, "make directory", path);
    ContainerDir dir(root, id, open_directory(path));
    // Somebody may have removed it before it was locked,
    if (!dir.fd_ || !dir.lock()) continue;
    // and another may have made it anew, and a container in it.
    if (!is_empty(dir.fd())) refuse_used(id);
    return dir;
  }
}

std::optional<ContainerDir> ContainerDir::open_if_exists(const std::string& root,
                                                         const std::string& id) {
  check_id(id);
  Fd fd = open_directory(root + '/' + id);
  if (!fd) return std::nullopt;
  return ContainerDir(root, id, std::move(fd));
}

ContainerDir ContainerDir::open(const std::string& root, const std::string& id) {
  if (auto found = open_if_exists(root, id)) return std::move(*found);
  refuse_unknown(id);
}

ContainerDir ContainerDir::open_locked(const std::string& root, const std::string& id) {
  ContainerDir dir = open(root, id);
  if (!dir.lock()) refuse_unknown(id);
  return dir;
}

bool ContainerDir::lock() {
  while (::flock(fd_.get(), LOCK_EX) != 0)
    if (errno != EINTR) throw_errno(errno, "lock", path_);
  struct stat own, named;
  return ::fstat(fd_.get(), &own) == 0 && ::stat(path_.c_str(), &named) == 0 &&
         own.st_ino == named.st_ino && own.st_dev == named.st_dev;
}

bool ContainerDir::lock_at_once() { return ::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0; }

bool ContainerDir::is_locked() const {
  // By a descriptor of its own: the lock goes with that.
  const Fd probe = open_directory(path_);
  return probe && ::flock(probe.get(), LOCK_SH | LOCK_NB) != 0;
}

std::optional<std::string> ContainerDir::read(const char* file) const {
  const Fd fd(::openat(fd_.get(), file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) throw_errno(errno, "open", path_of(file));
  return sys::read_all(fd.get(), largest_file, path_of(file));
}

void ContainerDir::write(const char* file, std::string_view content) const {
  const std::string unfinished = std::string(file) + ".new";
  const Fd fd(
      ::openat(fd_.get(), unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) throw_errno(errno, "make file", path_of(unfinished));
  while (!content.empty()) {
    const ssize_t written = ::write(fd.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(errno, "write", path_of(unfinished));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  rename(unfinished.c_str(), file);
}

bool ContainerDir::has(const char* file) const {
  return ::faccessat(fd_.get(), file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void ContainerDir::remove_file(const char* file) const { ::unlinkat(fd_.get(), file, 0); }

void ContainerDir::rename(const char* from, const char* to) const {
  if (::renameat(fd_.get(), from, fd_.get(), to) != 0) throw_errno(errno, "rename", path_of(from));
}

void ContainerDir::remove() {
  if (const int result = sys::remove_tree(AT_FDCWD, path_.c_str()); result < 0)
    throw_errno(-result, "remove", path_);
}

std::vector<std::string> container_ids(const std::string& root) {
  std::vector<std::string> ids;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(root.c_str()), ::closedir);
  if (!dir && errno != ENOENT) throw_errno(errno, "open", root);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr)
    if (entry->d_name[0] != '.' && entry->d_type == DT_DIR) ids.emplace_back(entry->d_name);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace containerlib::bundle
