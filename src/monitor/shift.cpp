#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "linux/confined.hpp"
#include "linux/copy_tree.hpp"
#include "linux/landlock.hpp"
#include "linux/remove_tree.hpp"
#include "monitor/running.hpp"

// Rootless, a container whose ids are not those of our user namespace gets copies of its layers: an
// ordinary user may not shift ids by a mount.
namespace containerlib::monitor {
namespace {

/// Deeper than any image is, and less than the stack and descriptors of this process suffice for.
constexpr int deepest = 250;
constexpr int as_directory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

sys::IdShift read_shift(Reader& reader) {
  const std::string_view bytes = reader.text();
  return {reinterpret_cast<const sys::ShiftedIds*>(bytes.data()),
          bytes.size() / sizeof(sys::ShiftedIds)};
}

int make_directory(int parent, const char* name, mode_t mode) {
  if (::mkdirat(parent, name, mode) < 0) return -errno;
  const int fd = ::openat(parent, name, as_directory);
  return fd < 0 ? -errno : fd;
}

int copy_layer(const char* path, int layers, int number, const sys::TreeCopy& copy) {
  char name[24];
  name[format(name, number)] = '\0';
  const int from = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (from < 0) return -errno;
  const int to = make_directory(layers, name, 0700);
  int r = to < 0 ? to : sys::copy_entries(from, to, copy);
  if (r == 0) r = sys::copy_details(from, to, copy);
  if (to >= 0) ::close(to);
  ::close(from);
  return r;
}

/// `list`: paths, each followed by a NUL.
int copy_layers(std::string_view list, int container, int layers, sys::TreeCopy copy) {
  int r = copy.links = make_directory(container, "links", 0700);
  if (r < 0) return r;
  r = 0;
  int number = 0;
  for (const char* path = list.data(); r == 0 && path < list.data() + list.size();
       path += std::strlen(path) + 1)
    r = copy_layer(path, layers, number++, copy);
  ::close(copy.links);
  const int removed = sys::remove_tree(container, "links");
  return r == 0 ? removed : r;
}

/// So that the container's root can reach its layers, and has its upper directory.
int give(int container, const sys::TreeCopy& copy) {
  for (const char* name : {"upper", "work"})
    if (::fchownat(container, name, copy.uids(0), copy.gids(0), AT_SYMLINK_NOFOLLOW) < 0)
      return -errno;
  return ::fchmod(container, 0711) < 0 ? -errno : 0;
}

int shift(int container, std::string_view layers, const sys::TreeCopy& copy) {
  // What one that was killed has left.
  for (const char* name : {"copies", "links"})
    if (int r = sys::remove_tree(container, name); r < 0) return r;
  const int copies = make_directory(container, "copies", 0755);
  if (copies < 0) return copies;
  int r = copy_layers(layers, container, copies, copy);
  ::close(copies);
  if (r == 0) r = give(container, copy);
  // Last: it says that all of them are there.
  if (r == 0 && ::renameat(container, "copies", container, "l") < 0) r = -errno;
  return r;
}

}  // namespace

int shift_layers(Reader& reader) {
  const std::string_view container = reader.text();
  const std::string_view layers = reader.text();
  sys::TreeCopy copy{.depth = deepest};
  copy.uids = read_shift(reader);
  copy.gids = read_shift(reader);
  if (container.empty() || layers.empty()) return EINVAL;
  const int fd = ::open(container.data(), as_directory);
  if (fd < 0) return errno;
  sys::Confined confined;
  confined.allow(container.data(), sys::landlock_all_files);
  for (const char* path = layers.data(); path < layers.data() + layers.size();
       path += std::strlen(path) + 1)
    confined.allow(path, sys::landlock_read_file | sys::landlock_read_dir);
  const int r = ::faccessat(fd, "l", F_OK, 0) == 0
                    ? 0
                    : confined.run([&] { return shift(fd, layers, copy); });
  ::close(fd);
  return -r;
}

}  // namespace containerlib::monitor
