#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "criu/conversation.hpp"
#include "criu/dump.hpp"
#include "criu/images.hpp"
#include "linux/text.hpp"
#include "runtime/checkpoint_dir.hpp"
#include "runtime/container_spec.hpp"
#include "runtime/criu_program.hpp"
#include "runtime/directories.hpp"
#include "runtime/engine.hpp"
#include "runtime/instance.hpp"

// A running container is written to a directory, from which Runtime::restore() makes another.
namespace containerlib::runtime {
namespace {

constexpr const char* operation = "checkpoint container";

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw_error(Errc::unsupported, operation, name, why);
}

/// What could be written but not restored.
void refuse_the_impossible(const std::string& name, const Definition& definition,
                           const criu::StreamNames& streams) {
  if (!definition.unsafe_oci_spec.empty())
    refuse(name, "what unsafe_oci_spec asks for is not kept");
  const Landlock& landlock = definition.landlock;
  if (!landlock.paths.empty() || landlock.tcp_bind || landlock.tcp_connect ||
      landlock.scope_abstract_sockets || landlock.scope_signals)
    refuse(name, "criu does not keep its Landlock rules");
  constexpr const char* fields[] = {"in", "out", "err"};
  for (std::size_t i = 0; i < streams.size(); ++i)
    if (streams[i].starts_with("socket:"))
      refuse(name,
             std::string("its stream \"") + fields[i] + "\" is a socket, which criu cannot keep");
}

/// Field of /proc/PID/status.
std::string parent_of(pid_t pid) {
  const std::string status =
      sys::read_host_file("/proc/" + std::to_string(pid) + "/status").value_or("");
  for (const std::string_view line : sys::lines(status))
    if (line.starts_with("PPid:")) return std::string(sys::words(line.substr(5)).at(0));
  return {};
}

/// criu keeps process 1 and what descends from it; a command of exec() does not.
void refuse_commands(const std::string& name, const sys::CgroupDirs& cgroups, pid_t first) {
  const std::vector<pid_t> pids = sys::cgroup_processes(cgroups);
  std::set<std::string> all;
  for (const pid_t pid : pids) all.insert(std::to_string(pid));
  for (const pid_t pid : pids)
    if (const std::string parent = parent_of(pid);
        pid != first && !parent.empty() && !all.contains(parent))
      refuse(name,
             "a command that was started in it by exec or spawn still runs, and cannot be "
             "kept; its process id is " +
                 std::to_string(pid));
}

/// What criu is told of.
struct Dumped {
  std::string name, upper;
  int pid;
  gid_t group;  ///< of root in it
  oci::RuntimeSpec spec;
  sys::CgroupDirs cgroups;
  criu::StreamNames streams;
};

criu::Request make_request(const std::string& dir, const CheckpointRecord& record,
                           const Dumped& dumped, bool leave_running) {
  criu::Request out = criu::make_request({.images = images_dir(dir),
                                          .work = dir,
                                          .tcp_established = record.tcp_established,
                                          .file_locks = record.file_locks},
                                         "dump.log", true);
  out.options.number(criu::criu_pid, static_cast<unsigned>(dumped.pid));
  out.options.flag(criu::criu_leave_running, leave_running);
  if (const std::string freezer = criu::freezer_of(dumped.cgroups); !freezer.empty())
    out.options.text(criu::criu_freeze_cgroup, freezer);
  criu::describe_dump(out, dumped.pid, dumped.spec, dumped.streams);
  return out;
}

void dump(Engine& engine, const std::string& program, const std::string& dir,
          const CheckpointRecord& record, const Dumped& dumped, bool leave_running) {
  const criu::Request request = make_request(dir, record, dumped, leave_running);
  const CriuProgram criu_program(engine, program);
  const auto hear = [&](const criu::Notice& notice) {
    if (notice.script != "post-dump") return;
    // The images are complete and it stands still, and goes on when something fails here.
    criu::share_images(request.images.get(), dumped.group);
    save_upper(engine, dir, dumped.upper);
    write_record(dir, record);
  };
  if (!criu::ask(criu_program.socket(), criu::Job::dump, request.options, hear).success)
    criu::throw_failure(request, criu_program.said(), operation, dumped.name);
}

IdMaps maps_of(std::optional<std::uint32_t> first) {
  return first ? range_maps(*first, sys::lease_size) : IdMaps{};
}

}  // namespace

void Instance::checkpoint(const std::filesystem::path& to, const CheckpointOptions& options) {
  const std::string program = find_criu(*engine_, options.criu, operation);
  const LiveState state = require_running(operation);
  const Fd process = open_process(life(), operation);
  const int pid = life().record.pid;
  if (!process || pid <= 0) throw_error(Errc::not_running, operation, identity_.name);
  CheckpointRecord record{
      identity_.image_id, identity_.stored, {}, options.tcp_established, options.file_locks};
  const gid_t group = criu::group_of_root(pid);
  if (group != 0) record.first_id = group;
  const std::string upper = directory() + "/upper";
  const ImageLayers layers =
      read_layers(*engine_, engine_->store().container_lowers(identity_.id), upper);
  const Dumped dumped{
      identity_.name,
      upper,
      pid,
      group,
      container_spec(*engine_, identity_.id, definition(), layers, maps_of(record.first_id)),
      state.cgroups,
      criu::stream_names(pid)};
  refuse_the_impossible(identity_.name, definition(), dumped.streams);
  refuse_commands(identity_.name, state.cgroups, pid);

  const std::string dir = absolute_path(to).lexically_normal().string();
  make_checkpoint_dir(dir);
  try {
    dump(*engine_, program, dir, record, dumped, options.leave_running);
  } catch (...) {
    clear_checkpoint_dir(*engine_, dir);
    throw;
  }
  if (options.leave_running) return;
  {
    // Whoever restores it, in another process perhaps, needs these ids.
    const std::lock_guard lock(mutex_);
    ids_.hand_over();
  }
  kill_and_wait();
}

}  // namespace containerlib::runtime
