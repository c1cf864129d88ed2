#include "cli/landlock.hpp"

#include <fmt/format.h>

#include <charconv>

#include "cli/arguments.hpp"

namespace containerlib::cli {
namespace {

using Ports = std::optional<std::vector<std::uint16_t>>;

struct PathKind {
  std::string_view name;
  bool writable, executable;
};
constexpr PathKind path_kinds[] = {{"ro", false, true},
                                   {"rw", true, true},
                                   {"ro-noexec", false, false},
                                   {"rw-noexec", true, false}};

[[noreturn]] void refuse(std::string_view item) {
  throw UsageError(fmt::format(
      "invalid --security-opt landlock item \"{}\": ro:PATH, rw:PATH, ro-noexec:PATH, "
      "rw-noexec:PATH, bind:PORT, connect:PORT, net:none, scope:signals or scope:sockets is wanted",
      item));
}

std::uint16_t port_of(std::string_view item, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) refuse(item);
  return port;
}

void add_port(Ports& ports, std::string_view item, std::string_view value) {
  if (!ports) ports.emplace();
  if (value != "none") ports->push_back(port_of(item, value));
}

void parse_item(std::string_view item, Landlock& out) {
  const std::size_t colon = item.find(':');
  if (colon == item.npos) refuse(item);
  const std::string_view kind = item.substr(0, colon), value = item.substr(colon + 1);
  for (const PathKind& known : path_kinds)
    if (kind == known.name && value.starts_with('/'))
      return out.paths.push_back({value, known.writable, known.executable});
  if (item == "scope:signals") {
    out.scope_signals = true;
  } else if (item == "scope:sockets") {
    out.scope_abstract_sockets = true;
  } else if (kind == "bind") {
    add_port(out.tcp_bind, item, value);
  } else if (kind == "connect") {
    add_port(out.tcp_connect, item, value);
  } else if (item == "net:none") {
    add_port(out.tcp_bind, item, value);
    add_port(out.tcp_connect, item, value);
  } else {
    refuse(item);
  }
}

void show_ports(std::vector<std::string>& items, const char* kind, const Ports& ports) {
  if (!ports) return;
  if (ports->empty()) items.push_back(fmt::format("{}:none", kind));
  for (const std::uint16_t port : *ports) items.push_back(fmt::format("{}:{}", kind, port));
}

}  // namespace

void parse_landlock(const std::string& items, Landlock& out) {
  std::string_view rest = items;
  for (std::size_t comma = 0; comma != rest.npos;) {
    comma = rest.find(',');
    parse_item(rest.substr(0, comma), out);
    if (comma != rest.npos) rest.remove_prefix(comma + 1);
  }
}

std::string landlock_text(const Landlock& landlock) {
  std::vector<std::string> items;
  for (const LandlockPath& entry : landlock.paths)
    for (const PathKind& kind : path_kinds)
      if (entry.writable == kind.writable && entry.executable == kind.executable)
        items.push_back(fmt::format("{}:{}", kind.name, entry.path.string()));
  show_ports(items, "bind", landlock.tcp_bind);
  show_ports(items, "connect", landlock.tcp_connect);
  if (landlock.scope_signals) items.emplace_back("scope:signals");
  if (landlock.scope_abstract_sockets) items.emplace_back("scope:sockets");
  return fmt::format("{}", fmt::join(items, ","));
}

}  // namespace containerlib::cli
