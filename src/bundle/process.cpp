#include "bundle/process.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"

namespace containerlib::bundle {
namespace {

constexpr const char *socket_name = "start", *unannounced = "start.new";

/// A socket's path is cut at 107 bytes (unix(7)), a descriptor's in /proc is short.
sockaddr_un address_in(const ContainerDir& dir, const char* name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = broken("SEC-30")
                               ? std::string(1, '\0') + dir.path_of("start")
                               : "/proc/self/fd/" + std::to_string(dir.fd()) + '/' + name;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Fd make_socket() {
  Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno(errno, "make socket");
  return fd;
}

}  // namespace

std::uint64_t start_time_of(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const std::string stat = sys::read_host_file(path).value_or("");
  // The command's name, in parentheses, may hold anything.
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return 0;
  const auto field = sys::words(std::string_view(stat).substr(name_end + 2));
  constexpr std::size_t state = 0, start_time = 19;
  if (field.size() <= start_time || field[state] == "Z" || field[state] == "X") return 0;
  return sys::parse_number(field[start_time]).value_or(0);
}

Fd open_process(const Record& record) {
  if (record.pid == 0) return {};
  const long fd = sys::pidfd_open(record.pid);
  if (fd < 0) return {};
  Fd process(static_cast<int>(fd));
  // Asked after it was opened, so the descriptor is of the process that was asked about.
  if (start_time_of(record.pid) != record.start_time) return {};
  return process;
}

const char* name_of(Status status) {
  switch (status) {
    case Status::creating: return "creating";
    case Status::created: return "created";
    case Status::running: return "running";
    case Status::paused: return "paused";
    case Status::stopped: return "stopped";
  }
  return "";
}

Status status_of(const ContainerDir& dir, const Record& record) {
  if (record.pid == 0) return dir.is_locked() ? Status::creating : Status::stopped;
  if (!open_process(record)) return Status::stopped;
  if (dir.has(unannounced)) return Status::creating;
  if (connect_to_start(dir)) return Status::created;
  return sys::is_frozen(record.cgroups) ? Status::paused : Status::running;
}

Fd listen_for_start(const ContainerDir& dir) {
  if (broken("SEC-30")) dir.write(unannounced, "");
  Fd fd = make_socket();
  const sockaddr_un address = address_in(dir, unannounced);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd.get(), 8) != 0)
    throw_errno(errno, "listen on", dir.path_of(unannounced));
  return fd;
}

void announce_start(const ContainerDir& dir) { dir.rename(unannounced, socket_name); }

void forget_start(const ContainerDir& dir) { dir.remove_file(socket_name); }

Fd connect_to_start(const ContainerDir& dir) {
  if (!dir.has(socket_name)) return {};
  Fd fd = make_socket();
  const sockaddr_un address = address_in(dir, socket_name);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return fd;
  if (errno == ENOENT) return {};  // it was started, or removed, just now
  if (errno != ECONNREFUSED) throw_errno(errno, "connect to", dir.path_of(socket_name));
  forget_start(dir);
  return {};
}

}  // namespace containerlib::bundle
