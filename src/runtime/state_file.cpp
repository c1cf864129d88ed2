#include "runtime/state_file.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <ctime>
#include <memory>

#include "base/error.hpp"
#include "runtime/identity.hpp"
#include "runtime/text_file.hpp"

namespace containerlib::runtime {
namespace {

constexpr std::pair<std::string_view, LiveState::Kind> kinds[] = {
    {"ephemeral", LiveState::Kind::ephemeral},
    {"attached", LiveState::Kind::attached},
    {"detached", LiveState::Kind::detached},
    {"held", LiveState::Kind::held}};

template <class T>
T number(std::string_view text) {
  T value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void parse_cgroup(std::string_view text, sys::CgroupDirs& to) {
  const std::size_t space = text.find(' ');
  if (space == text.npos) return;
  const std::string controller(text.substr(0, space)), dir(text.substr(space + 1));
  (controller == "unified" ? to.unified : to.v1[controller]) = dir;
}

void parse_line(std::string_view line, LiveState& to) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  const std::string_view value = space == line.npos ? "" : line.substr(space + 1);
  for (const auto& [name, kind] : kinds)
    if (word == name) to.kind = kind;
  if (word == "name") to.name = value;
  if (word == "cgroup") parse_cgroup(value, to.cgroups);
  if (word == "tree") to.tree = value;
  if (word == "keep") to.tree.clear();
  if (word == "pid") to.pid = number<int>(value);
}

/// Names a file that has none yet. /proc, because AT_EMPTY_PATH needs CAP_DAC_READ_SEARCH.
int link_unnamed(int fd, int dir, const std::string& name) {
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  return ::linkat(AT_FDCWD, path.c_str(), dir, name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
}

}  // namespace

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::string print_state(const LiveState& state) {
  std::string out;
  for (const auto& [name, kind] : kinds)
    if (kind == state.kind) out += fmt::format("{}\n", name);
  if (!state.name.empty()) out += fmt::format("name {}\n", state.name);
  if (!state.cgroups.unified.empty())
    out += fmt::format("cgroup unified {}\n", state.cgroups.unified);
  for (const auto& [controller, dir] : state.cgroups.v1)
    out += fmt::format("cgroup {} {}\n", controller, dir);
  if (!state.tree.empty()) out += fmt::format("tree {}\n", state.tree);
  if (state.pid != 0) out += fmt::format("pid {}\n", state.pid);
  return out;
}

LiveState parse_state(std::string_view text) {
  LiveState out;
  // A line without its end is one that is being written.
  for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1))
    parse_line(text.substr(0, end), out);
  return out;
}

HeldState::~HeldState() {
  struct stat status;
  if (claim_ && ::fstat(claim_->fd(), &status) == 0 && status.st_nlink > 0) try {
      dir_->remove(id_);
    } catch (const Error&) {  // the lock goes with the descriptor, so the next open removes it
    }
}

StateDir::StateDir(std::string path) : path_(std::move(path)) {
  dir_ = Fd(::open(path_.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!dir_) throw_errno(errno, "open directory", path_);
}

std::optional<HeldState> StateDir::create(const std::string& id, const LiveState& state) const {
  // O_APPEND: the monitor and others add lines.
  Fd fd(::openat(dir_.get(), ".", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) throw_errno(errno, "make state file", path_of(id));
  auto claim = Claim::take(std::move(fd), path_of(id));
  write_all(claim->fd(), print_state(state), path_of(id));
  const int error = -link_unnamed(claim->fd(), dir_.get(), id);
  if (error == EEXIST) return {};
  if (error != 0) throw_errno(error, "make state file", path_of(id));
  return HeldState(*this, id, std::move(*claim));
}

std::optional<LiveState> StateDir::read_held(const std::string& id) const {
  Fd fd(::openat(dir_.get(), id.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    if (errno == ENOENT) return {};
    throw_errno(errno, "open state file", path_of(id));
  }
  if (!is_claimed(fd.get(), path_of(id))) return {};
  return parse_state(read_all(fd.get(), path_of(id)));
}

void StateDir::append(const std::string& id, std::string_view line) const {
  Fd fd(::openat(dir_.get(), id.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) throw_errno(errno, "open state file", path_of(id));
  write_all(fd.get(), std::string(line) + '\n', path_of(id));
}

void StateDir::remove(const std::string& id) const {
  if (::unlinkat(dir_.get(), id.c_str(), 0) != 0 && errno != ENOENT)
    throw_errno(errno, "remove state file", path_of(id));
}

std::vector<std::string> StateDir::ids() const {
  const int fd = ::openat(dir_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const auto close = [](DIR* dir) { ::closedir(dir); };
  std::unique_ptr<DIR, decltype(close)> dir(fd < 0 ? nullptr : ::fdopendir(fd), close);
  if (!dir) throw_errno(errno, "list directory", path_);
  std::vector<std::string> out;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name.size() == 64 && is_id_prefix(name)) out.emplace_back(name);
  }
  return out;
}

std::optional<StateDir::Abandoned> StateDir::take_abandoned(const std::string& id) const {
  Fd fd(::openat(dir_.get(), id.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) {
    if (errno == ENOENT) return {};
    throw_errno(errno, "open state file", path_of(id));
  }
  auto claim = Claim::take(std::move(fd), path_of(id));
  if (!claim) return {};
  struct stat status;
  // Whoever had it before may have unlinked it meanwhile; the name may be another file's by now.
  if (::fstat(claim->fd(), &status) != 0 || status.st_nlink == 0) return {};
  LiveState state = parse_state(read_all(claim->fd(), path_of(id)));
  return Abandoned{std::move(*claim), std::move(state)};
}

}  // namespace containerlib::runtime
