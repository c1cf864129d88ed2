#include <containerlib/container.hpp>

#include <fmt/format.h>

#include "runtime/signals.hpp"

CONTAINERLIB_BEGIN_NAMESPACE
namespace {

/// "64 MiB"; a tenth where it is not a whole number.
std::string human(Bytes bytes) {
  constexpr std::pair<const char*, int> units[] = {{"GiB", 30}, {"MiB", 20}, {"KiB", 10}};
  for (const auto& [name, shift] : units) {
    const std::uint64_t unit = std::uint64_t{1} << shift;
    if (bytes.count < unit) continue;
    if (bytes.count % unit == 0) return fmt::format("{} {}", bytes.count / unit, name);
    return fmt::format("{:.1f} {}", static_cast<double>(bytes.count) / static_cast<double>(unit),
                       name);
  }
  return fmt::format("{} bytes", bytes.count);
}

}  // namespace

std::string ExitStatus::message() const {
  switch (kind) {
    case Kind::exited: return fmt::format("exited with {}", code);
    case Kind::signaled: return "killed by " + runtime::signal_name(code);
    case Kind::timed_out: return "timed out, killed by " + runtime::signal_name(code);
    case Kind::oom_killed: break;
  }
  const std::string text = "killed by " + runtime::signal_name(code) + ": out of memory";
  return memory_limit.count == 0 ? text : text + " (" + human(memory_limit) + ')';
}

std::string_view to_string(ContainerState state) noexcept {
  switch (state) {
    case ContainerState::created: return "created";
    case ContainerState::running: return "running";
    case ContainerState::paused: return "paused";
    case ContainerState::exited: return "exited";
  }
  return "unknown";
}

CONTAINERLIB_END_NAMESPACE
