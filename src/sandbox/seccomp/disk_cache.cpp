#include "sandbox/seccomp/disk_cache.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <containerlib/fd.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>

#include "sandbox/seccomp/disk_entry.hpp"

namespace containerlib::sandbox {
namespace {

constexpr std::size_t kept_entries = 64;
constexpr off_t kept_bytes = 8 << 20;
constexpr off_t largest_entry = 1 << 20;

/// Only we can have changed it: whoever writes a filter program writes what the kernel lets a
/// container do.
bool is_ours(const struct stat& status) {
  return status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

void make_directories(const std::string& path) {
  for (std::size_t end = 1; end != path.npos;) {
    end = path.find('/', end + 1);
    ::mkdir(path.substr(0, end).c_str(), 0700);
  }
}

/// Empty: there is none that may be used.
Fd open_directory(const std::string& path) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd directory(::open(path.c_str(), flags));
  if (!directory && errno == ENOENT) {
    make_directories(path);
    directory.reset(::open(path.c_str(), flags));
  }
  struct stat status;
  if (!directory || ::fstat(directory.get(), &status) < 0 || !is_ours(status)) return {};
  return directory;
}

/// Empty: no such file, or one that may not be used.
std::string read_entry(const Fd& directory, const std::string& name) {
  const Fd file(::openat(directory.get(), name.c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status;
  if (!file || ::fstat(file.get(), &status) < 0 || !is_ours(status)) return {};
  if (!S_ISREG(status.st_mode) || status.st_size > largest_entry) return {};
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

bool write_file(const Fd& directory, const std::string& name, const std::string& bytes) {
  const Fd file(::openat(directory.get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  return file &&
         ::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

/// Another process sees all of it or nothing.
void write_entry(const Fd& directory, const std::string& name, const std::string& bytes) {
  static std::atomic<unsigned> number = 0;
  const std::string temporary = fmt::format("new.{}.{}", ::getpid(), number++);
  if (!write_file(directory, temporary, bytes) ||
      ::renameat(directory.get(), temporary.c_str(), directory.get(), name.c_str()) < 0)
    ::unlinkat(directory.get(), temporary.c_str(), 0);
}

struct Entry {
  std::string name;
  timespec changed;
  off_t size;
};

std::vector<Entry> list(const Fd& directory) {
  std::vector<Entry> entries;
  const int copy = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
  while (const dirent* next = stream ? ::readdir(stream.get()) : nullptr) {
    struct stat status;
    if (::fstatat(directory.get(), next->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISDIR(status.st_mode))
      entries.push_back({next->d_name, status.st_mtim, status.st_size});
  }
  return entries;
}

/// The oldest go, also what a writer has left that was killed.
void shrink(const Fd& directory) {
  std::vector<Entry> entries = list(directory);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.changed.tv_sec, a.changed.tv_nsec) >
           std::pair(b.changed.tv_sec, b.changed.tv_nsec);
  });
  off_t bytes = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    bytes += entries[i].size;
    if (i >= kept_entries || bytes > kept_bytes)
      ::unlinkat(directory.get(), entries[i].name.c_str(), 0);
  }
}

}  // namespace

SeccompProgram cached_seccomp_program(const std::string& path, const oci::SeccompProfile& profile,
                                      Architecture architecture) {
  const Fd directory = open_directory(path);
  if (!directory) return compile_seccomp_program(profile, architecture);
  const std::string key = seccomp_key(profile, architecture), name = entry_name(key);
  if (auto known = parse_entry(read_entry(directory, name), key)) return std::move(*known);
  SeccompProgram program = compile_seccomp_program(profile, architecture);
  const std::string bytes = entry_bytes(key, program);
  if (bytes.size() > static_cast<std::size_t>(largest_entry)) return program;
  write_entry(directory, name, bytes);
  shrink(directory);
  return program;
}

}  // namespace containerlib::sandbox
