#include <algorithm>

#include "base/broken.hpp"
#include "oci/spec_names.hpp"
#include "oci/spec_sections.hpp"

// `process` (config.md, "Process").
namespace containerlib::oci {
namespace bj = boost::json;
namespace {

void read_console_size(const Field& size, Process& out) {
  if (!size) return;
  read(size.required("height"), out.rows);
  read(size.required("width"), out.columns);
}

/// 2^32-1 is no id: setresuid(2) takes it for "leave as it is", which is root (SEC-26).
constexpr std::int64_t largest_id = broken("SEC-26-bundle") ? 0xffffffff : 0xfffffffe;

void read_user(const Field& user, User& out) {
  read_range(user["uid"], 0, largest_id, out.uid);
  read_range(user["gid"], 0, largest_id, out.gid);
  read_range(user["umask"], 0, 0777, out.umask);
  user["additionalGids"].elements([&](const Field& gid) {
    if (!gid) gid.refuse("a value, not null");
    read_range(gid, 0, largest_id, out.additional_gids.emplace_back());
  });
}

/// config.md: what cannot be mapped to a relevant kernel interface is a warning, no failure.
void read_capability_set(const Field& set, std::vector<std::string>& out) {
  set.elements([&](const Field& element) {
    std::string name = element.text();
    const auto* known =
        std::find(std::begin(names::capabilities), std::end(names::capabilities), name);
    if (known != std::end(names::capabilities)) {
      out.push_back(std::move(name));
    } else if (element.document().warnings) {
      element.warn("unknown capability " + name);
    } else {
      element.refuse("a capability of Linux");
    }
  });
}

void read_capabilities(const Field& sets, Capabilities& out) {
  read_capability_set(sets["bounding"], out.bounding);
  read_capability_set(sets["effective"], out.effective);
  read_capability_set(sets["inheritable"], out.inheritable);
  read_capability_set(sets["permitted"], out.permitted);
  read_capability_set(sets["ambient"], out.ambient);
}

void read_rlimits(const Field& limits, std::vector<Rlimit>& out) {
  limits.elements([&](const Field& limit) {
    const Field type = limit.required("type"), soft = limit.required("soft");
    Rlimit read_one{.type = required_name(type, names::rlimits)};
    read(soft, read_one.soft);
    read(limit.required("hard"), read_one.hard);
    for (const Rlimit& earlier : out)
      if (earlier.type == read_one.type) type.refuse("each limit once");
    if (read_one.soft > read_one.hard) soft.refuse("no more than the hard limit");
    out.push_back(std::move(read_one));
  });
}

void read_scheduler(const Field& scheduler, std::optional<Scheduler>& out) {
  if (!scheduler) return;
  out.emplace().policy = required_name(scheduler.required("policy"), names::scheduler_policies);
  read_range(scheduler["nice"], -20, 19, out->nice);
  read_range(scheduler["priority"], 0, 99, out->priority);
  read_names(scheduler["flags"], names::scheduler_flags, out->flags);
  read(scheduler["runtime"], out->runtime);
  read(scheduler["deadline"], out->deadline);
  read(scheduler["period"], out->period);
}

void read_io_priority(const Field& priority, std::optional<IoPriority>& out) {
  if (!priority) return;
  out.emplace().io_class = required_name(priority.required("class"), names::io_classes);
  read_range(priority.required("priority"), 0, 7, out->priority);
}

void read_affinity(const Field& affinity, std::optional<CpuAffinity>& out) {
  if (!affinity) return;
  read_number_list(affinity["initial"], out.emplace().initial);
  read_number_list(affinity["final"], out->final);
}

}  // namespace

// Not in the unnamed namespace: put() finds these by their argument.
static bj::object json_of(const Capabilities& sets) {
  bj::object out;
  put(out, "bounding", sets.bounding);
  put(out, "effective", sets.effective);
  put(out, "inheritable", sets.inheritable);
  put(out, "permitted", sets.permitted);
  put(out, "ambient", sets.ambient);
  return out;
}

static bj::object json_of(const User& user) {
  bj::object out{{"uid", user.uid}, {"gid", user.gid}};
  put(out, "umask", user.umask);
  put(out, "additionalGids", user.additional_gids);
  return out;
}

static bj::object json_of(const Rlimit& limit) {
  return {{"type", limit.type}, {"soft", limit.soft}, {"hard", limit.hard}};
}

static bj::object json_of(const Scheduler& scheduler) {
  bj::object out{{"policy", scheduler.policy}};
  if (scheduler.nice != 0) out["nice"] = scheduler.nice;
  if (scheduler.priority != 0) out["priority"] = scheduler.priority;
  put(out, "flags", scheduler.flags);
  if (scheduler.runtime != 0) out["runtime"] = scheduler.runtime;
  if (scheduler.deadline != 0) out["deadline"] = scheduler.deadline;
  if (scheduler.period != 0) out["period"] = scheduler.period;
  return out;
}

static bj::object json_of(const IoPriority& priority) {
  return {{"class", priority.io_class}, {"priority", priority.priority}};
}

static bj::object json_of(const CpuAffinity& affinity) {
  bj::object out;
  put(out, "initial", affinity.initial);
  put(out, "final", affinity.final);
  return out;
}

void read(const Field& process, Process& out) {
  for (const char* member : {"args", "cwd"}) process.required(member);
  if (const Field user = process["user"])
    for (const char* member : {"uid", "gid"}) user.required(member);
  out.no_new_privileges = false;
  read_part(process, out);
}

void read_part(const Field& process, Process& out) {
  const Field args = process["args"], cwd = process["cwd"];
  read(args, out.args);
  if (args && out.args.empty()) args.refuse("at least one string");
  if (cwd) out.cwd = absolute_path(cwd);
  read(process["env"], out.env);
  read(process["terminal"], out.terminal);
  if (out.terminal) read_console_size(process["consoleSize"], out);
  read_user(process["user"], out.user);
  read_capabilities(process["capabilities"], out.capabilities);
  read_rlimits(process["rlimits"], out.rlimits);
  read(process["noNewPrivileges"], out.no_new_privileges);
  read_range(process["oomScoreAdj"], -1000, 1000, out.oom_score_adj);
  read_scheduler(process["scheduler"], out.scheduler);
  read_io_priority(process["ioPriority"], out.io_priority);
  read_affinity(process["execCPUAffinity"], out.exec_cpu_affinity);
  read(process["apparmorProfile"], out.apparmor_profile);
  read(process["selinuxLabel"], out.selinux_label);
}

bj::object json_of(const Process& process) {
  bj::object out{{"cwd", process.cwd}, {"user", json_of(process.user)}};
  put(out, "args", process.args);
  put(out, "env", process.env);
  put(out, "terminal", process.terminal);
  if (process.rows != 0 || process.columns != 0)
    out["consoleSize"] = {{"height", process.rows}, {"width", process.columns}};
  put(out, "capabilities", json_of(process.capabilities));
  put(out, "rlimits", process.rlimits);
  put(out, "noNewPrivileges", process.no_new_privileges);
  put(out, "oomScoreAdj", process.oom_score_adj);
  put(out, "scheduler", process.scheduler);
  put(out, "ioPriority", process.io_priority);
  put(out, "execCPUAffinity", process.exec_cpu_affinity);
  put(out, "apparmorProfile", process.apparmor_profile);
  put(out, "selinuxLabel", process.selinux_label);
  return out;
}

}  // namespace containerlib::oci
