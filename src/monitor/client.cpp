#include "monitor/client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <iterator>

#include "base/error.hpp"
#include "linux/message.hpp"
#include "linux/syscalls.hpp"
#include "monitor/packet.hpp"
#include "monitor/spawn.hpp"
#include "sandbox/failure.hpp"

namespace containerlib::monitor {
namespace {

struct Channel {
  Fd ours, theirs;
};

Channel make_channel() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    throw_errno(errno, "make socket pair", "monitor");
  return {Fd(pair[0]), Fd(pair[1])};
}

/// The next event and the descriptors that came with it. Throws monitor_lost.
Event receive(int channel, Fd* fds, std::size_t limit) {
  Event event;
  const sys::Received message = sys::receive_message(channel, &event, sizeof event);
  for (std::size_t i = 0; i < static_cast<std::size_t>(message.count); ++i) {
    Fd owned(message.fds[i]);
    if (i < limit) fds[i] = std::move(owned);
  }
  if (message.size != sizeof event)
    throw_error(Errc::monitor_lost, "hear from the monitor", "",
                "it was killed or could not be started");
  return event;
}

/// The monitor undoes what was made before it says that it is done.
void await_done(int channel) {
  while (receive(channel, nullptr, 0).type != EventType::done) {
  }
}

/// Arguments of newuidmap after the process id: 0 is the user, then come the subordinate ids.
std::string map_arguments(std::uint32_t own, const std::vector<sys::IdRange>& ranges) {
  std::string out = fmt::format("0 {} 1", own);
  std::uint32_t next = 1;
  for (const sys::IdRange& r : ranges) {
    out += fmt::format(" {} {} {}", next, r.first, r.count);
    next += r.count;
  }
  return out;
}

std::string_view bytes_of(const std::vector<sys::ShiftedIds>& ids) {
  return {reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof ids[0]};
}

StdioKind wire(const Stdio& s) {
  switch (s.kind) {
    case Stdio::Kind::fd: return s.given ? StdioKind::given_fd : StdioKind::fd;
    case Stdio::Kind::log: return StdioKind::log;
    case Stdio::Kind::null: break;
  }
  return StdioKind::null;
}

}  // namespace

struct Client::Impl {
  /// Of a monitor; shared with those who are just sending on it.
  using Socket = std::shared_ptr<const Fd>;

  explicit Impl(const sys::HostFacts& f) : facts(f) {}
  const sys::HostFacts facts;
  std::mutex mutex;
  Socket own;    ///< the monitor that lives in the user's own user namespace when rootless
  Socket plain;  ///< rootless only: one that does not, for exec (see socket_of)

  Socket& socket_of(bool joins) { return facts.rootless && joins ? plain : own; }
  Socket connect(bool joins);
  void forget(bool joins, const Socket&);
  Fd start(bool in_user_namespace);
  void send(bool joins, RequestType, const Packet&, const std::vector<int>& fds);
  void request(RequestType, const Packet&, std::vector<int> fds, const char* operation,
               const std::string& subject);
};

Fd Client::Impl::start(bool in_user_namespace) {
  Fd fresh = spawn_monitor();
  Packet packet;
  packet.value<std::uint64_t>(in_user_namespace);
  const bool tools = facts.maps_ranges();
  packet.text(tools ? map_arguments(facts.uid, facts.subuids) : "");
  packet.text(tools ? map_arguments(facts.gid, facts.subgids) : "");
  packet.text(facts.newuidmap_dir);
  Channel channel = make_channel();
  const Fd self(static_cast<int>(sys::pidfd_open(::getpid())));
  std::vector<int> fds{channel.theirs.get()};
  if (self) fds.push_back(self.get());
  send_request(fresh.get(), RequestType::setup, packet, fds);
  channel.theirs.reset();
  Event event = receive(channel.ours.get(), nullptr, 0);
  if (event.errnum)
    throw_errno(event.errnum, "enter user namespace", "uid " + std::to_string(facts.uid),
                tools ? "newuidmap or newgidmap refused /etc/subuid's and /etc/subgid's ranges"
                      : "see sysctl user.max_user_namespaces");
  return fresh;
}

/// Rootless, a container may have been started by another process, whose monitor is in another user
/// namespace than ours. A process outside of both may join it: it owns them (user_namespaces(7)).
Client::Impl::Socket Client::Impl::connect(bool joins) {
  std::lock_guard lock(mutex);
  Socket& socket = socket_of(joins);
  if (!socket) socket = std::make_shared<const Fd>(start(facts.rootless && !joins));
  return socket;
}

void Client::Impl::forget(bool joins, const Socket& socket) {
  std::lock_guard lock(mutex);
  if (socket_of(joins) == socket) socket_of(joins) = nullptr;
}

/// A monitor that was killed is replaced: it takes its containers with it, not those to come.
void Client::Impl::send(bool joins, RequestType type, const Packet& packet,
                        const std::vector<int>& fds) {
  const Socket socket = connect(joins);
  try {
    return send_request(socket->get(), type, packet, fds);
  } catch (const Error& error) {
    if (error.code() != Errc::monitor_lost) throw;
  }
  forget(joins, socket);
  send_request(connect(joins)->get(), type, packet, fds);
}

void Client::Impl::request(RequestType type, const Packet& packet, std::vector<int> fds,
                           const char* operation, const std::string& subject) {
  Channel channel = make_channel();
  fds.insert(fds.begin(), channel.theirs.get());
  send(false, type, packet, fds);
  channel.theirs.reset();
  Event event = receive(channel.ours.get(), nullptr, 0);
  if (event.errnum) throw_errno(event.errnum, operation, subject);
}

Client::Client(const sys::HostFacts& facts) : impl_(std::make_unique<Impl>(facts)) {}
Client::~Client() = default;

std::unique_ptr<Session> Client::launch(const Request& request) {
  LaunchHead head;
  const bool joins = request.join_pidfd >= 0;
  head.flags = (request.detached ? launch_detached : 0u) |
               (request.monitor_keeps_terminal ? launch_keeps_terminal : 0u) |
               (joins ? launch_joins : 0u) | (request.criu_socket >= 0 ? launch_restores : 0u);
  Channel channel = make_channel();
  std::vector<int> fds{channel.theirs.get()};
  for (std::size_t i = 0; i < 3; ++i) {
    head.stdio[i] = wire(request.stdio[i]);
    if (request.stdio[i].kind == Stdio::Kind::fd) fds.push_back(request.stdio[i].fd);
  }
  if (joins) fds.push_back(request.join_pidfd);
  if (request.criu_socket >= 0) fds.push_back(request.criu_socket);
  fds.insert(fds.end(), request.hold.begin(), request.hold.end());

  Packet packet;
  packet.value(head);
  for (const std::string& text :
       {request.id, request.log_file, request.state_file, request.life_file})
    packet.text(text);
  packet.list(request.remove_after);
  packet.list(request.remove_on_host_death);
  packet.append(request.plan->bytes());

  impl_->send(joins, RequestType::launch, packet, fds);
  channel.theirs.reset();
  Fd received[2];
  Event event = receive(channel.ours.get(), received, std::size(received));
  if (event.type == EventType::failed) {
    await_done(channel.ours.get());
    sandbox::throw_failure(*request.plan, event.step, event.errnum);
  }
  auto session = std::make_unique<Session>();
  session->pid = event.pid;
  session->pidfd = std::move(received[0]);
  session->terminal = std::move(received[1]);
  session->channel_ = std::move(channel.ours);
  return session;
}

void Session::adopt(int restored, int master) {
  const Restored message{restored};
  const long sent =
      sys::send_message(channel_.get(), &message, sizeof message, &master, master >= 0 ? 1 : 0);
  if (sent < 0) throw_errno(static_cast<int>(-sent), "tell the monitor of a restored process");
  Fd received[2];
  const Event event = receive(channel_.get(), received, std::size(received));
  if (event.type == EventType::failed) {
    await_done(channel_.get());
    throw_errno(event.errnum == ECHILD ? ESRCH : event.errnum, "take over restored process",
                std::to_string(restored));
  }
  pid = event.pid;
  pidfd = std::move(received[0]);
  terminal = std::move(received[1]);
}

void Session::abandon() {
  ::shutdown(channel_.get(), SHUT_WR);
  await_done(channel_.get());
}

void Client::detach(const std::string& id) {
  Packet packet;
  packet.text(id);
  impl_->request(RequestType::detach, packet, {}, "detach container", id);
}

void Client::remove_tree(const std::string& path) {
  Packet packet;
  packet.text(path);
  impl_->request(RequestType::remove_tree, packet, {}, "remove", path);
}

void Client::apply_owners(int dir, const std::vector<Owner>& owners) {
  Packet packet;
  for (const Owner& o : owners) {
    packet.value(OwnerHead{o.uid, o.gid, o.mode});
    packet.text(o.path);
    packet.text(o.capability);
  }
  impl_->request(RequestType::apply_owners, packet, {dir}, "set owners", "layer");
}

void Client::shift_layers(const std::string& container, const std::vector<std::string>& layers,
                          const std::vector<sys::ShiftedIds>& uids,
                          const std::vector<sys::ShiftedIds>& gids) {
  Packet packet;
  packet.text(container);
  packet.list(layers);
  packet.text(bytes_of(uids));
  packet.text(bytes_of(gids));
  impl_->request(RequestType::shift_layers, packet, {}, "copy layers to", container);
}

}  // namespace containerlib::monitor
