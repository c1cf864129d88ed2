#include "linux/confined.hpp"

#include <sys/wait.h>

#include <climits>
#include <cstring>

#include "linux/landlock.hpp"
#include "linux/remove_tree.hpp"

namespace containerlib::sys {

Confined::Confined() {
  // Version 1 lets nothing be renamed to another directory.
  const auto abi = static_cast<int>(landlock_abi());
  if (abi < 2) return;
  files_ = landlock_files(abi);
  ruleset_ = static_cast<int>(landlock_create({.files = files_}));
}

Confined::~Confined() {
  if (ruleset_ >= 0) ::close(ruleset_);
}

void Confined::allow(const char* path, std::uint64_t access) {
  const int fd = ruleset_ < 0 ? -1 : ::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  landlock_allow_path(ruleset_, fd, access & files_);
  ::close(fd);
}

int Confined::enter() const { return static_cast<int>(landlock_restrict_self(ruleset_)); }

int Confined::result_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECANCELED;
}

int remove_tree_confined(const char* path) {
  const char* const slash = std::strrchr(path, '/');
  char parent[PATH_MAX];
  if (!slash || slash == path || slash - path >= PATH_MAX) return remove_tree(AT_FDCWD, path);
  const auto length = static_cast<std::size_t>(slash - path);
  std::memcpy(parent, path, length);
  parent[length] = '\0';
  Confined confined;
  confined.allow(parent, landlock_remove_dir | landlock_remove_file);
  confined.allow(path, landlock_read_dir | landlock_remove_dir | landlock_remove_file |
                           landlock_refer | landlock_make_any);
  return confined.run([path] { return remove_tree(AT_FDCWD, path); });
}

}  // namespace containerlib::sys
