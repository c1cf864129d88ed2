#include "oci_command/unchangeable.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "linux/sealed_program.hpp"
#include "linux/syscalls.hpp"

namespace containerlib::oci_command {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr const char* own_file = "/proc/self/exe";

/// A file in memory for as long as the process lives.
Bytes map(const Fd& file) {
  struct stat status;
  if (::fstat(file.get(), &status) < 0) throw_errno(errno, "inspect", own_file);
  const auto size = static_cast<std::size_t>(status.st_size);
  void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (memory == MAP_FAILED) throw_errno(errno, "map", own_file);
  return {static_cast<const unsigned char*>(memory), size};
}

/// The part that is loaded: what follows is for debuggers, and can be thirty times as much.
Bytes loaded_part(Bytes program) {
  ElfW(Ehdr) header;
  std::memcpy(&header, program.data(), sizeof header);
  std::size_t end = header.e_phoff + header.e_phnum * sizeof(ElfW(Phdr));
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    std::memcpy(&segment, program.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD) end = std::max(end, segment.p_offset + segment.p_filesz);
  }
  return program.first(end);
}

/// The file in a mount of its own that is in no namespace: nobody can reach it to change that it is
/// read-only. A third of a copy's time, but only root may. None: it cannot be had.
Fd read_only_view() {
  Fd view(static_cast<int>(sys::open_tree(AT_FDCWD, own_file, sys::open_tree_clone)));
  const sys::mount_attr read_only{.attr_set = sys::mount_rdonly};
  if (!view || sys::mount_setattr(view.get(), "", AT_EMPTY_PATH, read_only) < 0) return {};
  return view;
}

bool is_read_only_view(const Fd& file) {
  struct statx status;
  struct statvfs mount;
  return ::statx(file.get(), "", AT_EMPTY_PATH, 0, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) && ::fstatvfs(file.get(), &mount) == 0 &&
         (mount.f_flag & ST_RDONLY);
}

}  // namespace

void run_unchangeable(char** argv) {
  if (broken("SEC-21-copy")) return;
  const Fd own(::open(own_file, O_RDONLY | O_CLOEXEC));
  if (!own) throw_errno(errno, "open", own_file);
  if (sys::is_sealed(own.get()) || is_read_only_view(own)) {
    ::prctl(PR_SET_NAME, "containerlib-runtime");  // else the number of a descriptor
    return;
  }
  Fd program = read_only_view();
  if (!program) program = sys::sealed_program("runtime", loaded_part(map(own)));
  const long result = sys::raw(SYS_execveat, program.get(), "", argv, environ, AT_EMPTY_PATH);
  throw_errno(static_cast<int>(-result), "execute", own_file);
}

}  // namespace containerlib::oci_command
