// What the monitor reads from its socket. The first byte of an input says which request is changed
// by the rest; any other is a request of its own.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.hpp"
#include "fuzz/patched.hpp"
#include "fuzz/sample_plan.hpp"
#include "fuzz/scratch.hpp"
#include "monitor/packet.hpp"
#include "monitor/running.hpp"

using namespace containerlib;
using namespace containerlib::monitor;

namespace {

std::string request(RequestType type, const Packet& rest) {
  Packet packet;
  packet.value(PacketHead{type});
  packet.append(rest.bytes());
  return packet.bytes();
}

std::string launch_request() {
  Packet packet;
  packet.value(LaunchHead{launch_keeps_terminal, {StdioKind::log, StdioKind::fd, StdioKind::null}});
  for (const char* text : {"id", "/log", "/state", "/life"}) packet.text(text);
  packet.list({"/a", "/b"});
  packet.list({});
  packet.append(fuzz::sample_plan().bytes());
  return request(RequestType::launch, packet);
}

std::string owners_request() {
  Packet packet;
  for (const char* path : {".", "a/b"}) {
    packet.value(OwnerHead{1, 2, 04755});
    packet.text(path);
    packet.text("capability");
  }
  return request(RequestType::apply_owners, packet);
}

std::string texts_request(RequestType type) {
  Packet packet;
  if (type == RequestType::setup) packet.value<std::uint64_t>(1);
  for (const char* text : {"0 1000 1", "0 1000 1", "/usr/bin", ""}) packet.text(text);
  return request(type, packet);
}

void require_text(std::string_view text) {
  fuzz::require(std::strlen(text.data()) <= text.size(), "a NUL follows a text");
}

void read_launch(Reader& reader) {
  const auto head = reader.value<LaunchHead>();
  Monitor m;
  const int channel = -1;
  Running& r = add_running(m, &channel, 1);
  read_request(r, head, reader);
  std::size_t texts = 0;
  for (Texts* list : {&r.id, &r.log_file, &r.state_file, &r.life_file, &r.remove_after,
                      &r.remove_on_host_death}) {
    for_each(*list, [&](const char* text) { texts += std::strlen(text); });
    list->clear();
  }
  sandbox::PlanView plan;
  (void)sandbox::valid(reader.data(), reader.left(), plan);
  std::free(&r);
}

/// Empty, and removed: nothing can be made in it.
int dead_directory() {
  const std::string path = fuzz::scratch() + "/dead";
  if (::mkdir(path.c_str(), 0700) != 0) std::abort();
  const int fd = ::open(path.c_str(), O_DIRECTORY | O_CLOEXEC);
  ::rmdir(path.c_str());
  return fd;
}

void handle(std::string_view bytes) {
  static const int directory = dead_directory();
  // As the monitor's buffer is.
  alignas(8) static char packet[packet_limit];
  if (bytes.size() > sizeof packet) return;
  std::memcpy(packet, bytes.data(), bytes.size());
  std::memset(packet + bytes.size(), 'x', sizeof packet - bytes.size());
  Reader reader(packet, bytes.size());
  const auto head = reader.value<PacketHead>();
  switch (head.type) {
    case RequestType::launch: return read_launch(reader);
    case RequestType::apply_owners: (void)apply_owners(reader, directory); return;
    case RequestType::setup: (void)reader.value<std::uint64_t>(); break;
    default: break;
  }
  for (int i = 0; i < 4; ++i) require_text(reader.text());
}

}  // namespace

void fuzz::one(std::string_view input) {
  static const std::string good[] = {launch_request(), owners_request(),
                                     texts_request(RequestType::setup),
                                     texts_request(RequestType::remove_tree)};
  if (input.empty()) return;
  const auto which = static_cast<unsigned char>(input[0]);
  handle(which < std::size(good) ? patched(good[which], input.substr(1)) : std::string(input));
}
