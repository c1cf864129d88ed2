#include "runtime/last_words.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <memory>

namespace containerlib::runtime {

std::string last_words_path(const std::string& run_root, const std::string& id) {
  return run_root + "/exits/" + id;
}

void forget_last_words(const std::string& run_root) noexcept {
  constexpr std::time_t kept = 60;
  const auto close = [](DIR* dir) { ::closedir(dir); };
  const std::unique_ptr<DIR, decltype(close)> dir(::opendir((run_root + "/exits").c_str()), close);
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir.get())) {
    struct stat status;
    if (::fstatat(::dirfd(dir.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && status.st_mtime + kept < std::time(nullptr))
      ::unlinkat(::dirfd(dir.get()), entry->d_name, 0);
  }
}

}  // namespace containerlib::runtime
