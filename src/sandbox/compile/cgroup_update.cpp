#include "sandbox/compile/cgroup_update.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <cerrno>
#include <set>

#include "base/error.hpp"
#include "linux/cgroup_layout.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/device_program.hpp"
#include "linux/text.hpp"
#include "sandbox/compile/cgroup_dirs.hpp"
#include "sandbox/compile/cgroup_settings.hpp"
#include "sandbox/compile/device_filter.hpp"

namespace containerlib::sandbox {
namespace {

struct Update {
  const oci::RuntimeSpec& spec;
  const sys::HostFacts& facts;
  sys::CgroupDirs dirs;
  /// Groups of v1 that are new, and have no process yet.
  std::set<std::string> fresh = {};

  std::string directory_of(const std::string& controller) const {
    const auto v1 = dirs.v1.find(controller);
    return v1 == dirs.v1.end() ? dirs.unified : v1->second;
  }
  void make_missing(const std::vector<Setting>&);
  void enable_missing(const std::vector<Setting>&);
  void join_fresh();
  void set_devices();
  void apply();
};

void make_directories(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST)
      throw_errno(errno, "make cgroup", part);
    if (end == std::string::npos) return;
  }
}

/// cpusets(7): a new one has no CPUs; here the ones that it gets are to be written.
void inherit_cpuset(const std::string& group) {
  for (const std::string file : {"/cpuset.cpus", "/cpuset.mems"}) {
    const std::string own = sys::read_host_file(group + file).value_or("");
    if (own.size() > 1) continue;
    const std::string up = group.substr(0, group.rfind('/'));
    if (sys::read_host_file(up + file).value_or("").size() <= 1) inherit_cpuset(up);
    sys::write_control(group + file, sys::read_host_file(up + file).value_or(""));
  }
}

void Update::make_missing(const std::vector<Setting>& settings) {
  const sys::CgroupDirs all = cgroup_dirs(spec, facts);
  for (const Setting& s : settings) {
    const auto wanted = all.v1.find(s.controller);
    if (wanted == all.v1.end() || dirs.v1.contains(s.controller)) continue;
    make_directories(wanted->second);
    if (s.controller == "cpuset") inherit_cpuset(wanted->second);
    dirs.v1[s.controller] = wanted->second;
    fresh.insert(wanted->second);
  }
}

void Update::enable_missing(const std::vector<Setting>& settings) {
  // systemd has given all controllers to a group that it has delegated.
  if (facts.cgroups.manager == sys::CgroupFacts::Manager::systemd) return;
  std::set<std::string> done;
  const std::string& base = facts.cgroups.unified;
  for (const Setting& s : settings)
    if (!s.controller.empty() && !dirs.v1.contains(s.controller) &&
        done.insert(s.controller).second)
      sys::give_controller(base.substr(0, base.rfind('/')), dirs.unified, s.controller);
}

/// Again until there is nobody new: the processes may fork meanwhile.
void Update::join_fresh() {
  for (const std::string& directory : fresh)
    for (int tries = 0; tries < 100; ++tries) {
      const std::vector<pid_t> in = sys::cgroup_processes({{}, {{"", directory}}});
      const std::vector<pid_t> now = sys::cgroup_processes(dirs);
      if (in.size() == now.size()) break;
      for (const pid_t pid : now) {
        const int error = sys::write_control(directory + "/cgroup.procs", std::to_string(pid));
        if (error != 0 && error != ESRCH) throw_errno(error, "join cgroup", directory);
      }
    }
}

/// The file's value, where only a part of it is set.
std::string whole_value(const Setting& s, const std::string& path) {
  if (s.file != "cpu.max" || !s.value.starts_with("max ") || !s.field.ends_with("cpu.period"))
    return s.value;
  const std::string now = sys::read_host_file(path).value_or("max");
  return now.substr(0, now.find(' ')) + s.value.substr(3);
}

int write(const Setting& s, const std::string& directory) {
  int error =
      sys::write_control(directory + '/' + s.file, whole_value(s, directory + '/' + s.file));
  if (error == ENOENT && !s.other_file.empty())
    error = sys::write_control(directory + '/' + s.other_file, s.other_value);
  return error == ENOENT && s.optional ? 0 : error;
}

/// cgroup v1 refuses a limit that is below what is in use; v2 would kill.
void check_usage(const oci::MemoryLimits& memory, const std::string& directory) {
  if (!memory.check_before_update.value_or(false) || memory.limit.value_or(0) <= 0) return;
  const std::string text = sys::read_host_file(directory + "/memory.current").value_or("");
  const std::vector<std::string_view> line = sys::lines(text);
  const auto usage = line.empty() ? std::nullopt : sys::parse_number(line[0]);
  if (usage && *usage > static_cast<std::uint64_t>(*memory.limit))
    throw_error(Errc::invalid_option, "apply limit", "linux.resources.memory.limit",
                fmt::format("{} bytes are in use, and memory.checkBeforeUpdate is set", *usage));
}

void Update::set_devices() {
  if (spec.resources.devices.empty() || !facts.is_host_root()) return;
  const DeviceRules rules = device_rules(spec.resources.devices);
  const char* operation = "apply linux.resources.devices to";
  if (const auto v1 = dirs.v1.find("devices"); v1 != dirs.v1.end()) {
    for (const DeviceLine& line : device_lines(rules))
      if (const int e = sys::write_control(v1->second + '/' + line.file, line.value); e != 0)
        throw_errno(e, operation, v1->second + '/' + line.file);
    return;
  }
  const Fd group(::open(dirs.unified.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!group) throw_errno(errno, operation, dirs.unified);
  const std::vector<bpf_insn> program = device_filter(rules);
  const int r = sys::set_device_program(group.get(), program.data(), program.size());
  if (r < 0) throw_errno(-r, operation, dirs.unified);
}

void Update::apply() {
  const std::vector<Setting> settings = cgroup_settings(spec.resources, facts.cgroups);
  if (!dirs.v1.contains("memory")) check_usage(spec.resources.memory, dirs.unified);
  make_missing(settings);
  enable_missing(settings);
  // What the order of the files forbids at first (memory and swap, quota and period, each up or
  // down) may be written after the others.
  std::vector<const Setting*> again;
  for (const Setting& s : settings)
    if (write(s, directory_of(s.controller)) != 0) again.push_back(&s);
  for (const Setting* s : again)
    if (const int e = write(*s, directory_of(s->controller)); e != 0)
      throw_errno(e, "apply " + s->field + " to", directory_of(s->controller) + '/' + s->file);
  set_devices();
  join_fresh();
}

}  // namespace

sys::CgroupDirs update_cgroup(const oci::RuntimeSpec& spec, const sys::CgroupDirs& dirs,
                              const sys::HostFacts& facts) {
  Update update{spec, facts, dirs};
  try {
    update.apply();
  } catch (...) {
    for (const std::string& group : update.fresh) ::rmdir(group.c_str());
    throw;
  }
  return update.dirs;
}

}  // namespace containerlib::sandbox
