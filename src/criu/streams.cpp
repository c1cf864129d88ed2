#include "criu/streams.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <climits>

#include "base/error.hpp"
#include "linux/text.hpp"
#include "oci/json.hpp"

namespace containerlib::criu {
namespace bj = boost::json;
namespace {

constexpr const char* file = "descriptors.json";
constexpr std::string_view null_prefix = "null:";

std::string link_at(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  return size < 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

/// Field "mnt_id" of a process's fdinfo; empty: none.
std::string mount_id(const std::string& process, int fd) {
  const std::string info =
      sys::read_host_file(process + "/fdinfo/" + std::to_string(fd)).value_or("");
  for (const std::string_view line : sys::lines(info))
    if (line.starts_with("mnt_id:")) return std::string(sys::words(line.substr(7)).at(0));
  return {};
}

bool has_mount(const std::string& process, const std::string& id) {
  const std::string table = sys::read_host_file(process + "/mountinfo").value_or("");
  for (const std::string_view line : sys::lines(table))
    if (sys::words(line).at(0) == id) return true;
  return false;
}

/// criu(8), --external: "tty[rdev:dev]" and "file[mnt_id:inode]".
std::string stream_name(const std::string& process, int fd) {
  const std::string path = process + "/fd/" + std::to_string(fd);
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) return {};
  std::string link = link_at(path);
  // A pipe or a socket.
  if (!link.starts_with('/')) return link;
  const std::string mount = mount_id(process, fd);
  if (has_mount(process, mount)) return link;
  constexpr unsigned unix98_pty_slave_major = 136, last_pty_slave_major = 143;
  const unsigned type = S_ISCHR(st.st_mode) ? major(st.st_rdev) : 0;
  if (type >= unix98_pty_slave_major && type <= last_pty_slave_major)
    return fmt::format("tty[{:x}:{:x}]", st.st_rdev, st.st_dev);
  const bool null = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
  return (null ? std::string(null_prefix) : std::string()) +
         fmt::format("file[{:x}:{:x}]", sys::parse_number(mount).value_or(0), st.st_ino);
}

bool is_null(const std::string& name) { return name.starts_with(null_prefix); }

std::string name_for_criu(const std::string& name) {
  return is_null(name) ? name.substr(null_prefix.size()) : name;
}

bool is_external(const std::string& name) {
  return is_null(name) || name.starts_with("tty[") || name.starts_with("file[");
}

}  // namespace

StreamNames stream_names(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  return {stream_name(process, 0), stream_name(process, 1), stream_name(process, 2)};
}

void add_external_streams(Request& request, const StreamNames& names) {
  for (auto name = names.begin(); name != names.end(); ++name)
    if (is_external(*name) && std::find(names.begin(), name, *name) == name)
      request.options.text(criu_external, name_for_criu(*name));
}

void add_inherited_streams(Request& request, const StreamNames& names, int first) {
  for (auto name = names.begin(); name != names.end(); ++name)
    if ((is_external(*name) || name->starts_with("pipe:[")) &&
        std::find(names.begin(), name, *name) == name)
      request.add_pair(criu_inherit_fd, name_for_criu(*name),
                       static_cast<unsigned>(first + (name - names.begin())));
}

std::array<Fd, 3> inherited_streams(const StreamNames& names) {
  std::array<Fd, 3> out;
  for (int i = 0; i < 3; ++i) {
    const bool null = is_null(names[static_cast<std::size_t>(i)]);
    Fd fd(null ? ::open("/dev/null", O_RDWR | O_CLOEXEC) : ::fcntl(i, F_DUPFD_CLOEXEC, 3));
    if (!fd) throw_errno(errno, "open stream", std::to_string(i));
    out[static_cast<std::size_t>(i)] = std::move(fd);
  }
  return out;
}

void save_stream_names(int images, const StreamNames& names) {
  const std::string text = bj::serialize(bj::array(names.begin(), names.end()));
  const Fd fd(::openat(images, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw_errno(errno, "write", file);
}

StreamNames load_stream_names(int images) {
  StreamNames out;
  const Fd fd(::openat(images, file, O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return out;
  if (!fd) throw_errno(errno, "open", file);
  const bj::value list = oci::json::parse(sys::read_all(fd.get(), 1 << 16, file), file);
  if (!list.is_array() || list.as_array().size() != out.size())
    oci::json::corrupt(file, "it is no list of three names");
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bj::string* const name = list.as_array()[i].if_string();
    if (!name) oci::json::corrupt(file, "it is no list of three names");
    out[i] = std::string(*name);
  }
  return out;
}

}  // namespace containerlib::criu
