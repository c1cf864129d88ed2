#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "monitor/running.hpp"
#include "sandbox/execute/spawn.hpp"

namespace containerlib::monitor {
namespace {

void add_list(Texts& texts, std::string_view list) {
  while (!list.empty()) {
    std::size_t end = list.find('\0');
    texts.add(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
}

}  // namespace

Running& add_running(Monitor& m, const int* fds, int count) {
  auto* r = static_cast<Running*>(std::calloc(1, sizeof(Running)));
  if (!r) ::_exit(1);  // the containers die with us, as they do when the kernel kills us
  *r = Running{};
  r->channel = fds[0];
  for (int i = 1; i < count; ++i) r->holds[r->hold_count++] = fds[i];
  r->next = m.first;
  m.first = r;
  return *r;
}

void read_request(Running& r, const LaunchHead& head, Reader& reader) {
  r.id.add(reader.text());
  r.log_file.add(reader.text());
  r.state_file.add(reader.text());
  r.life_file.add(reader.text());
  add_list(r.remove_after, reader.text());
  add_list(r.remove_on_host_death, reader.text());
  r.attached = !(head.flags & launch_detached);
  r.keeps_terminal = head.flags & launch_keeps_terminal;
  r.restoring = head.flags & launch_restores;
}

void refuse(RequestType type, int* fds, int count, int errnum) {
  Event event;
  event.errnum = errnum;
  if (type == RequestType::launch) {
    event.type = EventType::failed;
    event.step = sandbox::no_step;
    send_event(fds[0], event, nullptr, 0);
    event = Event{};
  }
  send_event(fds[0], event, nullptr, 0);
  for (int i = 0; i < count; ++i) ::close(fds[i]);
}

}  // namespace containerlib::monitor
