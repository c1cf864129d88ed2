#include "runtime/restore.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "criu/conversation.hpp"
#include "criu/groups.hpp"
#include "criu/images.hpp"
#include "criu/mounts.hpp"
#include "criu/restore_plan.hpp"
#include "criu/streams.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"
#include "runtime/checkpoint_dir.hpp"
#include "runtime/create.hpp"
#include "runtime/criu_program.hpp"
#include "runtime/directories.hpp"
#include "runtime/engine.hpp"
#include "runtime/identity.hpp"
#include "runtime/recovery.hpp"
#include "sandbox/compile/mount_target.hpp"

namespace containerlib::runtime {
namespace {

constexpr const char* operation = "restore container";

/// Where criu has what it mounts, in its own mount namespace: a directory of the host that it has
/// no use for, with a way to it for container root, in whose name it mounts.
std::string choose_place(const std::vector<std::string>& used) {
  for (const std::string place : {"/mnt", "/media", "/srv", "/opt"}) {
    struct stat st;
    const bool open =
        ::stat(place.c_str(), &st) == 0 && S_ISDIR(st.st_mode) && st.st_mode & S_IXOTH;
    const bool free = std::none_of(used.begin(), used.end(), [&](const std::string& path) {
      return sandbox::is_within(path, place);
    });
    if (open && free) return place;
  }
  throw_error(Errc::unsupported, operation, "/mnt",
              "there is no such directory, or the checkpoint or criu lies in it");
}

/// One restore on its way.
struct Restoring {
  Engine& engine;
  const std::string dir, program, place;
  const CheckpointRecord& record;
  IdRange ids = {};
  oci::RuntimeSpec spec = {};

  Prepared prepare(const std::string& id, const Definition&, const ImageLayers&);
  void launch(Instance&, Prepared, HeldState&, Claim life, const Fd& in_use);
  criu::Request request(pid_t criu) const;
  RestoredProcess talk(int socket, pid_t criu) const;
};

Prepared Restoring::prepare(const std::string& id, const Definition& definition,
                            const ImageLayers& layers) {
  spec = container_spec(engine, id, definition, layers,
                        ids ? range_maps(ids.first(), ids.count()) : IdMaps{});
  Prepared out = compile(engine, definition, layers, spec);
  out.plan =
      criu::restore_plan(std::move(out.plan), spec, engine.facts(),
                         {.args = {program, "swrk", "3"}, .env = criu_env(), .directory = place});
  return out;
}

void Restoring::launch(Instance& instance, Prepared prepared, HeldState& held, Claim life,
                       const Fd& in_use) {
  load_upper(engine, dir, engine.store().container_dir(spec.id) + "/upper");
  prepared.ids = std::move(ids);
  instance.restore(std::move(prepared), held, std::move(life), in_use,
                   [this](int socket, pid_t criu) { return talk(socket, criu); });
}

criu::Request Restoring::request(pid_t criu) const {
  // As criu sees it: it mounts something there, and can do so only in its own mount namespace.
  const std::string root = "/proc/" + std::to_string(criu) + "/root";
  criu::Request out = criu::make_request({.images = root + images_dir(dir),
                                          .work = root + dir,
                                          .tcp_established = record.tcp_established,
                                          .file_locks = record.file_locks},
                                         "restore.log", false);
  out.log = dir + "/restore.log";
  criu::Message& m = out.options;
  m.flag(criu::criu_rst_sibling, true);
  m.flag(criu::criu_evasive_devices, true);
  m.flag(criu::criu_ext_masters, true);
  m.text(criu::criu_root, place + criu::root_place);
  for (const criu::ExternalMount& mount : criu::sources_of_external_mounts(
           spec, "", {place + criu::mounts_place, place + criu::devices_place}))
    out.add_pair(criu::criu_ext_mnt, mount.name, mount.path);
  // They are criu's own.
  criu::add_inherited_streams(out, criu::load_stream_names(out.images.get()), 0);
  criu::add_group_roots(out, criu);
  return out;
}

/// The file system, as its mount is criu's: the container has a copy of it, to which criu gives no
/// flags.
void make_read_only(const std::string& root) {
  const Fd mount(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!mount) throw_errno(errno, "open", root);
  const Fd fs(static_cast<int>(sys::fspick(mount.get())));
  if (!fs) throw_errno(errno, "make root file system read-only");
  long result = sys::fsconfig(fs.get(), sys::fsconfig_set_flag, "ro", nullptr, 0);
  if (result >= 0) result = sys::fsconfig(fs.get(), sys::fsconfig_reconfigure, nullptr, nullptr, 0);
  if (result < 0) throw_errno(static_cast<int>(-result), "make root file system read-only");
}

/// Limits that the kernel has for a user namespace, which criu leaves out. They are set from inside
/// by a process that joins it and ends.
void set_user_limits(Engine& engine, const oci::RuntimeSpec& spec, pid_t pid) {
  constexpr sandbox::Slot proc = sandbox::root_slot + 1;
  sandbox::LaunchPlan plan;
  plan.before.push_back({.op = sandbox::Op::open_proc, .open_proc = {proc}});
  plan.inside.push_back(sandbox::plain_step(sandbox::Op::await));
  plan.inside.push_back({.op = sandbox::Op::set_ids, .set_ids = {0, 0}});
  const std::size_t none = plan.inside.size();
  for (const auto& [key, value] : spec.sysctl)
    if (key.starts_with("user."))
      plan.inside.push_back({.op = sandbox::Op::set_sysctl,
                             .set_sysctl = {proc, plan.text("sys/user/" + key.substr(5)),
                                            plan.text(value), plan.text(key)}});
  if (plan.inside.size() == none) return;
  plan.header.join_flags = CLONE_NEWUSER;
  plan.inside.push_back(
      {.op = sandbox::Op::execute, .execute = {plan.list({"true"}), plan.list(criu_env())}});
  const Fd process(static_cast<int>(sys::pidfd_open(pid)));
  if (!process) throw_error(Errc::not_running, operation, std::to_string(pid));
  monitor::Request request;
  request.id = new_id();
  request.plan = &plan;
  request.join_pidfd = process.get();
  engine.client()->launch(request)->wait_cleaned(Milliseconds(-1));
}

void await_end_of(int socket) {
  pollfd poll{socket, POLLRDHUP, 0};
  while (::poll(&poll, 1, -1) < 0 && errno == EINTR) {
  }
}

RestoredProcess Restoring::talk(int socket, pid_t criu) const {
  const criu::Request request = this->request(criu);
  RestoredProcess out;
  const auto hear = [&](criu::Notice& notice) {
    if (notice.script == "orphan-pts-master") out.terminal = std::move(notice.fd);
    if (notice.pid > 0) out.pid = notice.pid;
    if (notice.script != "post-restore") return;
    set_user_limits(engine, spec, out.pid);
    if (spec.root_readonly)
      make_read_only("/proc/" + std::to_string(criu) + "/root" + place + criu::root_place);
  };
  const criu::Answer answer = criu::ask(socket, criu::Job::restore, request.options, hear);
  if (!answer.success) criu::throw_failure(request, "", operation, dir);
  await_end_of(socket);
  out.pid = answer.pid;
  return out;
}

std::string user_of(const std::shared_ptr<Engine>& engine, std::uint32_t first) {
  for (const auto& instance : list(engine)) {
    const int pid = instance->inspect().pid;
    if (pid > 0 && criu::group_of_root(pid) == first)
      return "container " + instance->identity().name + " runs with them";
  }
  return "a container of another store, or another process, has leased them";
}

/// The images name them, so that they cannot be others.
IdRange lease(const std::shared_ptr<Engine>& engine, std::uint32_t first) try {
  return engine->id_ranges().take(first);
} catch (const Error& error) {
  if (error.code() != Errc::in_use) throw;
  throw_error(Errc::in_use, operation,
              "user ids from " + std::to_string(first) + ", which the checkpoint has",
              user_of(engine, first));
}

Identity describe(const CheckpointRecord& record, const RestoreOptions& options) {
  if (!options.name.empty()) check_name(options.name);
  Identity out;
  out.id = new_id();
  out.name = options.name;
  out.image_id = record.image_id;
  out.created_ns = now_ns();
  out.stored = record.container;
  return out;
}

}  // namespace

void Instance::restore(Prepared prepared, HeldState& held, Claim life, const Fd& directory_in_use,
                       const TalkToCriu& talk) {
  OpenStreams streams = open_streams(streams_, Capture::log);
  CriuSocket socket;
  Start start = start_of(streams, life, directory_in_use);
  start.criu_socket = socket.theirs.get();
  start.remove_on_host_death = true;
  auto session = runtime::launch(*engine_, prepared, held, start);
  // From here on the end of file means that criu is gone.
  socket.theirs.reset();
  try {
    const RestoredProcess restored = talk(socket.ours.get(), session->pid);
    session->adopt(restored.pid, restored.terminal.get());
  } catch (...) {
    try {
      session->abandon();
    } catch (const Error&) {
      remove_cgroups(prepared.cgroups);  // the monitor is gone
    }
    throw;
  }
  keep(std::move(session), streams, std::move(prepared.ids));
}

std::unique_ptr<Instance> restore(const std::shared_ptr<Engine>& engine,
                                  const std::filesystem::path& from,
                                  const RestoreOptions& options) {
  const std::string program = find_criu(*engine, options.criu, operation);
  const std::string dir = absolute_path(from).lexically_normal().string();
  const CheckpointRecord record = read_record(dir);
  Identity identity = describe(record, options);
  const ImageHandle image(engine, engine->store().image(record.image_id), record.container.image);
  Restoring restoring{*engine, dir, program, choose_place({dir, program}), record};
  if (needs_range(record.container.definition, engine->facts()) != record.first_id.has_value())
    throw_error(Errc::unsupported, operation, dir,
                record.first_id ? "it has a user namespace, which this host cannot give it"
                                : "it has no user namespace, which it would get on this host");
  StreamOptions streams;
  streams.tty = record.container.definition.tty;
  if (record.first_id) restoring.ids = lease(engine, *record.first_id);
  return start_new(
      engine, image, std::move(identity), std::move(streams),
      {.prepare =
           [&](const std::string& id, const Definition& definition, const ImageLayers& layers) {
             return restoring.prepare(id, definition, layers);
           },
       .launch =
           [&](Instance& instance, Prepared prepared, HeldState& held, Claim life,
               const Fd& in_use) {
             restoring.launch(instance, std::move(prepared), held, std::move(life), in_use);
           }});
}

}  // namespace containerlib::runtime
