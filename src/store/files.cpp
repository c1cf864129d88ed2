#include "store/files.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "base/broken.hpp"
#include "base/error.hpp"

namespace containerlib::store {
namespace {

constexpr int max_depth = 64;

/// Removes one tree; remembers what was too deep and renamed to the top.
class TreeRemoval {
 public:
  TreeRemoval(Vfs& vfs, int top, std::string name) : vfs_(vfs), top_(top), name_(std::move(name)) {}

  void run() {
    remove(top_, name_, 0);
    while (!deep_.empty()) {
      std::string next = std::move(deep_.back());
      deep_.pop_back();
      remove(top_, next, 0);
    }
  }

 private:
  void remove(int dir, const std::string& name, int depth) {
    int result = vfs_.unlink(dir, name.c_str(), 0);
    if (result == 0 || result == -ENOENT) return;
    // EPERM: POSIX's word for unlink of a directory; Linux says EISDIR.
    if (result != -EISDIR && result != -EPERM) check(result, "remove", name);
    if (depth == max_depth) return move_up(dir, name);
    {
      Fd fd = open_for_removal(dir, name);
      for (const std::string& child : children(fd.get(), name)) remove(fd.get(), child, depth + 1);
    }
    check(vfs_.unlink(dir, name.c_str(), AT_REMOVEDIR), "remove", name);
  }

  /// The top may be a directory of an image, which can have any name already.
  void move_up(int dir, const std::string& name) {
    std::string to;
    int result = -EEXIST;
    while (result == -EEXIST) {
      to = name_ + '.' + std::to_string(++count_);
      result = vfs_.rename(dir, name.c_str(), top_, to.c_str(), RENAME_NOREPLACE);
    }
    check(result, "remove", name);
    deep_.push_back(std::move(to));
  }

  Fd open_for_removal(int dir, const std::string& name) {
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    int fd = vfs_.open(dir, name.c_str(), flags, 0, 0);
    if (fd == -EACCES) {
      check(vfs_.change_mode_at(dir, name.c_str(), 0700), "remove", name);
      fd = vfs_.open(dir, name.c_str(), flags, 0, 0);
    }
    Fd out(static_cast<int>(check(fd, "remove", name)));
    struct stat status;
    check(vfs_.stat(out.get(), "", status), "remove", name);
    if ((status.st_mode & 0300) != 0300) {
      int result = vfs_.change_mode(out.get(), 0700);
      if (result != -EPERM) check(result, "remove", name);
    }
    return out;
  }

  std::vector<std::string> children(int fd, const std::string& name) {
    std::vector<std::string> out;
    check(vfs_.list(fd, [&](const char* child, unsigned char) { out.emplace_back(child); }),
          "remove", name);
    return out;
  }

  Vfs& vfs_;
  int top_;
  std::string name_;
  std::vector<std::string> deep_;
  unsigned count_ = 0;
};

}  // namespace

long check(long result, std::string_view operation, std::string_view subject) {
  if (result >= 0) return result;
  int error = static_cast<int>(-result);
  throw_errno(error, std::string(operation), std::string(subject),
              error == ENOSPC ? "the file system of the data directory is full" : "");
}

Fd open_at(Vfs& vfs, int dir, const std::string& name, int flags, mode_t mode) {
  return Fd(static_cast<int>(
      check(vfs.open(dir, name.c_str(), flags | O_NOFOLLOW, mode, 0), "open", name)));
}

Fd open_dir(Vfs& vfs, int dir, const std::string& name) {
  return open_at(vfs, dir, name, O_RDONLY | O_DIRECTORY);
}

void ensure_dir(Vfs& vfs, int dir, const std::string& name, mode_t mode) {
  if (broken("SEC-43")) mode |= 0755;
  int result = vfs.make_dir(dir, name.c_str(), mode);
  if (result == -EEXIST) return;
  check(result, "make directory", name);
  check(vfs.change_mode_at(dir, name.c_str(), mode), "make directory", name);
}

void write_all(Vfs& vfs, int fd, std::string_view data, std::string_view subject) {
  while (!data.empty()) {
    long written = check(vfs.write(fd, data.data(), data.size()), "write", subject);
    if (written == 0) check(-ENOSPC, "write", subject);
    data.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_file(Vfs& vfs, int dir, const std::string& name, std::size_t limit) {
  Fd fd = open_at(vfs, dir, name, O_RDONLY | O_NONBLOCK);
  struct stat status;
  check(vfs.stat(fd.get(), "", status), "read", name);
  if (!S_ISREG(status.st_mode)) check(-EINVAL, "read", name);
  std::string out;
  char buffer[16384];
  while (long got = check(vfs.read(fd.get(), buffer, sizeof buffer), "read", name)) {
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > limit) check(-EFBIG, "read", name);
  }
  return out;
}

std::string random_name() {
  unsigned char bytes[8];
  check(::getrandom(bytes, sizeof bytes, 0) == sizeof bytes ? 0 : -EIO, "read", "random bytes");
  std::string out;
  for (unsigned char byte : bytes) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

bool exists(Vfs& vfs, int dir, const std::string& name) {
  struct stat status;
  int result = vfs.stat(dir, name.c_str(), status);
  if (result != -ENOENT) check(result, "stat", name);
  return result == 0;
}

void remove_tree(Vfs& vfs, int dir, const std::string& name) { TreeRemoval(vfs, dir, name).run(); }

}  // namespace containerlib::store
