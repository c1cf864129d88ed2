#pragma once
#include <containerlib/container.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

#include "monitor/client.hpp"

namespace containerlib::runtime {

/// The line the monitor leaves in a container's directory when it has ended: "KIND CODE OOM
/// FINISHED", where KIND is exited or signaled, OOM 0 or 1, FINISHED in nanoseconds since the
/// epoch.
std::optional<monitor::ExitRecord> parse_exit_file(std::string_view);

ExitStatus to_status(const monitor::ExitRecord&, std::optional<Bytes> memory_limit);

}  // namespace containerlib::runtime
