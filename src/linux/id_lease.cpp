// acquire_id_range(): a lease is the lock on one byte of a file that all share, the one whose
// offset is the first id of the range.
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "linux/file_lock.hpp"
#include "linux/subids.hpp"

namespace containerlib::sys {
namespace {

void require_own(const Fd& file, const std::string& path, mode_t type) {
  if (broken("SEC-13-leases")) return;
  struct stat status;
  if (::fstat(file.get(), &status) != 0) throw_errno(errno, "inspect", path);
  if ((status.st_mode & S_IFMT) != type || status.st_uid != ::geteuid() ||
      (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw_error(Errc::not_permitted, "use lock directory", path,
                "it belongs to somebody else, or others may write to it");
}

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    throw_errno(errno, "make directory", path);
}

Fd open_lock_directory(const std::string& path) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos && slash != 0)
    make_directory(path.substr(0, slash));
  make_directory(path);
  Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) throw_errno(errno, "open lock directory", path);
  require_own(directory, path, S_IFDIR);
  return directory;
}

Fd open_leases(const Fd& directory, const std::string& path) {
  Fd file(::openat(directory.get(), "leases",
                   O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  if (!file) throw_errno(errno, "open lock", path + "/leases");
  require_own(file, path + "/leases", S_IFREG);
  return file;
}

std::vector<std::uint32_t> lease_starts(const std::vector<IdRange>& pool) {
  std::vector<std::uint32_t> starts;
  for (const IdRange& range : pool)
    for (std::uint32_t n = 0; n < range.count / lease_size; ++n)
      starts.push_back(range.first + n * lease_size);
  return starts;
}

/// Where to begin to look, so that a process that starts has most likely a free range at once.
std::size_t random_below(std::size_t limit) {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) number = 0;
  return number % limit;
}

}  // namespace

IdRangeLease acquire_id_range(const std::string& lock_directory, const std::vector<IdRange>& pool) {
  const std::vector<std::uint32_t> starts = lease_starts(pool);
  if (starts.empty())
    throw_error(Errc::unsupported, "lease ids", {}, "no range of 65536 ids in the pool");
  Fd leases = open_leases(open_lock_directory(lock_directory), lock_directory);
  const std::size_t begin = random_below(starts.size());
  for (std::size_t n = 0; n < starts.size(); ++n) {
    const std::uint32_t first = starts[(begin + n) % starts.size()];
    if (try_lock(leases.get(), {first}, lock_directory))
      return {first, lease_size, std::move(leases)};
  }
  throw_error(Errc::in_use, "lease ids", lock_directory,
              "all " + std::to_string(starts.size()) + " ranges are in use");
}

IdRangeLease acquire_id_range_at(std::uint32_t first, const std::string& lock_directory) {
  Fd leases = open_leases(open_lock_directory(lock_directory), lock_directory);
  if (try_lock(leases.get(), {first}, lock_directory))
    return {first, lease_size, std::move(leases)};
  throw_error(Errc::in_use, "lease ids", std::to_string(first));
}

}  // namespace containerlib::sys
