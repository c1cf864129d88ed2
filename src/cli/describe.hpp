#pragma once
#include <containerlib/containerlib.hpp>

#include "cli/human.hpp"
#include "cli/json.hpp"

// Values of the public API as docker shows them.
namespace containerlib::cli {

/// "Up 3 minutes (Paused)", "Exited (0) 2 hours ago", "Created".
std::string status_text(const ContainerInfo&, Time now);
/// "docker.io/library/busybox:latest" as "busybox:latest".
std::string familiar_name(std::string_view reference);
/// An element of what `inspect` prints.
json::object describe(const ContainerInfo&);
json::object describe(const Image&);

}  // namespace containerlib::cli
