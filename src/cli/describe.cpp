#include "cli/describe.hpp"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>

#include "cli/landlock.hpp"
#include "cli/options.hpp"

namespace containerlib::cli {
namespace {

constexpr auto never = "0001-01-01T00:00:00Z";

std::string time_or_never(const std::optional<Time>& time) { return time ? rfc3339(*time) : never; }

json::object map_of(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [name, value] : map) object[name] = value;
  return object;
}

json::object state_of(const ContainerInfo& info) {
  const bool oom = info.exit && info.exit->kind == ExitStatus::Kind::oom_killed;
  return {
      {"Status", to_string(info.state)},
      {"Running", info.state == ContainerState::running || info.state == ContainerState::paused},
      {"Paused", info.state == ContainerState::paused},
      {"OOMKilled", oom},
      {"Pid", info.pid},
      {"ExitCode", info.exit ? info.exit->shell_code() : 0},
      {"Error", oom ? info.exit->message() : ""},
      {"StartedAt", time_or_never(info.started)},
      {"FinishedAt", time_or_never(info.finished)}};
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name ? fmt::format("SIG{}", name) : std::to_string(signal);
}

json::array mounts_of(const ContainerInfo& info) {
  json::array mounts;
  for (const Mount& mount : info.mounts) {
    const bool tmpfs = mount.source.empty();
    mounts.push_back(json::object{{"Type", tmpfs ? "tmpfs" : "bind"},
                                  {"Source", mount.source.string()},
                                  {"Destination", mount.target.string()},
                                  {"RW", tmpfs ? !mount.read_only : mount.writable}});
  }
  return mounts;
}

json::array ulimits_of(const ContainerInfo& info) {
  const auto number = [](std::uint64_t limit) {
    return limit == Ulimit::unlimited ? -1 : static_cast<std::int64_t>(limit);
  };
  json::array ulimits;
  for (const Ulimit& ulimit : info.ulimits)
    ulimits.push_back(json::object{
        {"Name", ulimit.name}, {"Soft", number(ulimit.soft)}, {"Hard", number(ulimit.hard)}});
  return ulimits;
}

// As `run` takes them.
json::array security_options_of(const ContainerInfo& info) {
  json::array options;
  if (!info.seccomp.confined()) options.emplace_back("seccomp=unconfined");
  if (info.new_privileges) options.emplace_back("no-new-privileges=false");
  if (info.unmasked_paths) options.emplace_back("systempaths=unconfined");
  if (info.nested_user_namespaces) options.emplace_back("nested-userns");
  if (const std::string landlock = landlock_text(info.landlock); !landlock.empty())
    options.emplace_back("landlock=" + landlock);
  return options;
}

json::array binds_of(const ContainerInfo& info) {
  json::array binds;
  for (const Mount& mount : info.mounts)
    if (!mount.source.empty())
      binds.emplace_back(fmt::format("{}:{}:{}", mount.source.string(), mount.target.string(),
                                     mount.writable ? "rw" : "ro"));
  return binds;
}

std::int64_t memory_swap_of(const Limits& limits) {
  if (limits.unlimited_swap) return -1;
  if (limits.memory_swap) return static_cast<std::int64_t>(limits.memory_swap->count);
  return limits.memory ? static_cast<std::int64_t>(2 * limits.memory->count) : 0;
}

/// As docker has it: nothing for the default.
std::string user_namespace_of(const ContainerInfo& info) {
  for (const auto& [name, kind] : user_namespace_names)
    if (info.user_namespace == kind && kind != UserNamespace::automatic) return name;
  return {};
}

json::object host_config_of(const ContainerInfo& info) {
  const Limits& limits = info.limits;
  return {{"Binds", binds_of(info)},
          {"AutoRemove", info.auto_remove},
          {"NetworkMode", info.network == Network::host ? "host" : "none"},
          {"ReadonlyRootfs", info.read_only},
          {"Memory", limits.memory.value_or(Bytes{}).count},
          {"MemorySwap", memory_swap_of(limits)},
          {"MemoryReservation", limits.memory_reservation.value_or(Bytes{}).count},
          {"CpuShares", limits.cpu_shares.value_or(0)},
          {"NanoCpus", static_cast<std::int64_t>(limits.cpus.value_or(0) * 1e9)},
          {"CpuWeight", limits.cpu_weight.value_or(0)},
          {"CpusetCpus", limits.cpuset_cpus},
          {"CpusetMems", limits.cpuset_mems},
          {"PidsLimit", limits.pids ? json::value(*limits.pids) : json::value(nullptr)},
          {"Ulimits", ulimits_of(info)},
          {"ShmSize", info.shm_size.value_or(Bytes{64 << 20}).count},
          {"CapAdd", json_strings(info.cap_add)},
          {"CapDrop", json_strings(info.cap_drop)},
          {"GroupAdd", json_strings(info.groups)},
          {"SecurityOpt", security_options_of(info)},
          {"UsernsMode", user_namespace_of(info)}};
}

json::object config_of(const ContainerInfo& info) {
  const auto command = info.args.begin() + static_cast<std::ptrdiff_t>(
                                               std::min(info.entrypoint.size(), info.args.size()));
  return {{"Hostname", info.hostname},
          {"User", info.user},
          {"Tty", info.tty},
          {"Env", json_strings(info.env)},
          {"Entrypoint", json_strings(info.entrypoint)},
          {"Cmd", json_strings({command, info.args.end()})},
          {"StopSignal", signal_name(info.stop_signal)},
          {"Image", familiar_name(info.image)},
          {"WorkingDir", info.cwd.string()},
          {"Labels", map_of(info.labels)}};
}

json::object names_set(const std::vector<std::string>& names) {
  json::object object;
  for (const std::string& name : names) object[name] = json::object();
  return object;
}

}  // namespace

std::string status_text(const ContainerInfo& info, Time now) {
  const auto up = [&] {
    return "Up " + human_duration(std::chrono::duration_cast<std::chrono::seconds>(
                       now - info.started.value_or(info.created)));
  };
  switch (info.state) {
    case ContainerState::created: return "Created";
    case ContainerState::running: return up();
    case ContainerState::paused: return up() + " (Paused)";
    case ContainerState::exited: break;
  }
  return fmt::format("Exited ({}) {}", info.exit ? info.exit->shell_code() : 0,
                     ago(info.finished.value_or(info.created), now));
}

std::string familiar_name(std::string_view reference) {
  for (const std::string_view prefix : {"docker.io/library/", "docker.io/"})
    if (reference.starts_with(prefix)) return std::string(reference.substr(prefix.size()));
  return std::string(reference);
}

json::object describe(const ContainerInfo& info) {
  const std::vector<std::string> rest(info.args.begin() + (info.args.empty() ? 0 : 1),
                                      info.args.end());
  return {{"Id", info.id},
          {"Created", rfc3339(info.created)},
          {"Path", info.args.empty() ? "" : info.args[0]},
          {"Args", json_strings(rest)},
          {"State", state_of(info)},
          {"Image", info.image_id},
          {"Name", "/" + info.name},
          {"HostConfig", host_config_of(info)},
          {"Mounts", mounts_of(info)},
          {"Config", config_of(info)}};
}

json::object describe(const Image& image) {
  const ImageConfig& config = image.config();
  json::array tags, digests;
  for (const std::string& tag : image.tags()) {
    const std::string name = familiar_name(tag);
    tags.emplace_back(name);
    digests.emplace_back(name.substr(0, name.rfind(':')) + "@" + image.digest());
  }
  return {{"Id", image.id()},
          {"RepoTags", std::move(tags)},
          {"RepoDigests", std::move(digests)},
          {"Created", config.created},
          {"Architecture", config.architecture},
          {"Variant", config.variant},
          {"Os", config.os},
          {"Size", image.size().count},
          {"Config", json::object{{"User", config.user},
                                  {"ExposedPorts", names_set(config.exposed_ports)},
                                  {"Env", json_strings(config.env)},
                                  {"Cmd", json_strings(config.command)},
                                  {"Entrypoint", json_strings(config.entrypoint)},
                                  {"WorkingDir", config.working_dir},
                                  {"StopSignal", config.stop_signal},
                                  {"Volumes", names_set(config.volumes)},
                                  {"Labels", map_of(config.labels)}}},
          {"RootFS", json::object{{"Type", "layers"}, {"Layers", json_strings(image.layers())}}}};
}

}  // namespace containerlib::cli
