#include <fcntl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "linux/text.hpp"
#include "oci/json.hpp"
#include "oci/runtime_spec_json.hpp"
#include "oci_command/command.hpp"

namespace containerlib::oci_command {
namespace {

oci::Resources read_resources(const std::string& path) {
  Fd fd(path == "-" ? ::dup(0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno(errno, "open resources", path);
  return oci::parse_resources(sys::read_all(fd.get(), oci::json::max_config_size, path), path);
}

template <class Number>
void take(const Arguments& arguments, const char* option, std::optional<Number>& to) {
  const std::optional<long long> value = arguments.number(option);
  if (!value) return;
  if (!std::numeric_limits<Number>::is_signed && *value < 0)
    throw_error(Errc::invalid_option, "use option", std::string("--") + option,
                "it cannot be negative");
  to = static_cast<Number>(*value);
}

void take(const Arguments& arguments, const char* option, std::string& to) {
  if (arguments.has(option)) to = arguments.value(option);
}

oci::Resources resources_of(const Arguments& arguments) {
  oci::Resources out;
  take(arguments, "memory", out.memory.limit);
  take(arguments, "memory-reservation", out.memory.reservation);
  take(arguments, "memory-swap", out.memory.swap);
  take(arguments, "kernel-memory", out.memory.kernel);
  take(arguments, "kernel-memory-tcp", out.memory.kernel_tcp);
  take(arguments, "cpu-share", out.cpu.shares);
  take(arguments, "cpu-shares", out.cpu.shares);
  take(arguments, "cpu-period", out.cpu.period);
  take(arguments, "cpu-quota", out.cpu.quota);
  take(arguments, "cpu-burst", out.cpu.burst);
  take(arguments, "cpu-rt-period", out.cpu.realtime_period);
  take(arguments, "cpu-rt-runtime", out.cpu.realtime_runtime);
  take(arguments, "cpu-idle", out.cpu.idle);
  take(arguments, "cpuset-cpus", out.cpu.cpus);
  take(arguments, "cpuset-mems", out.cpu.mems);
  take(arguments, "pids-limit", out.pids_limit);
  take(arguments, "blkio-weight", out.block.weight);
  return out;
}

}  // namespace

int update(const Context& context, const Arguments& arguments) {
  for (const char* rdt : {"l3-cache-schema", "mem-bw-schema"})
    if (arguments.has(rdt))
      throw_error(Errc::unsupported, "use option", std::string("--") + rdt,
                  "linux.intelRdt is applied when the container is created only");
  bundle::update(context.host(), arguments.words()[0],
                 arguments.has("resources") ? read_resources(arguments.value("resources"))
                                            : resources_of(arguments));
  return 0;
}

}  // namespace containerlib::oci_command
