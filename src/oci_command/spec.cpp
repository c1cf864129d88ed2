#include <fcntl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "oci/features.hpp"
#include "oci/runtime_spec_json.hpp"
#include "oci_command/command.hpp"

// spec, features.
namespace containerlib::oci_command {
namespace {

std::vector<oci::Mount> default_mounts(bool rootless) {
  std::vector<oci::Mount> mounts = {
      {"/proc", "proc", "proc", {}},
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {"/dev/pts",
       "devpts",
       "devpts",
       {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
      {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
      {"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
  };
  if (rootless) {
    // A sysfs of its own needs a network namespace of its own. Recursively, or the cgroups that the
    // user may write to could be written to in the container (CVE-2023-25809).
    mounts.push_back({"/sys", "none", "/sys", {"rbind", "rnosuid", "rnoexec", "rnodev", "rro"}});
  } else {
    mounts[2].options.push_back("gid=5");
    mounts.push_back({"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}});
    mounts.push_back(
        {"/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}});
  }
  return mounts;
}

oci::Process default_process() {
  oci::Process process;
  process.terminal = true;
  process.args = {"sh"};
  process.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"};
  const std::vector<std::string> capabilities = {"CAP_AUDIT_WRITE", "CAP_KILL",
                                                 "CAP_NET_BIND_SERVICE"};
  process.capabilities.bounding = process.capabilities.effective = process.capabilities.permitted =
      capabilities;
  process.rlimits = {{"RLIMIT_NOFILE", 1024, 1024}};
  return process;
}

oci::RuntimeSpec default_spec(bool rootless) {
  oci::RuntimeSpec spec;
  spec.oci_version = "1.3.0";
  spec.process = default_process();
  spec.root_path = "rootfs";
  spec.root_readonly = true;
  spec.hostname = "container";
  spec.mounts = default_mounts(rootless);
  spec.namespaces = {{"pid", ""}, {"ipc", ""}, {"uts", ""}, {"mount", ""}, {"cgroup", ""}};
  if (rootless) {
    spec.namespaces.push_back({"user", ""});
    spec.uid_mappings = {{0, ::geteuid(), 1}};
    spec.gid_mappings = {{0, ::getegid(), 1}};
  } else {
    spec.namespaces.push_back({"network", ""});
    spec.resources.devices.emplace_back().access = "rwm";
  }
  spec.masked_paths = {"/proc/acpi",        "/proc/asound",        "/proc/kcore",
                       "/proc/keys",        "/proc/latency_stats", "/proc/timer_list",
                       "/proc/timer_stats", "/proc/sched_debug",   "/sys/firmware",
                       "/proc/scsi"};
  spec.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  return spec;
}

}  // namespace

int spec(const Context&, const Arguments& arguments) {
  const std::string name = arguments.has("config") ? arguments.value("config") : "config.json";
  const std::string path = arguments.has("bundle") ? arguments.value("bundle") + '/' + name : name;
  const std::string text = oci::to_json(default_spec(arguments.has("rootless"))) + '\n';
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) throw_errno(errno, "make file", path);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw_errno(errno, "write", path);
  return 0;
}

int features(const Context&, const Arguments&) {
  print(oci::to_json(oci::features_of_this_library()) + '\n');
  return 0;
}

}  // namespace containerlib::oci_command
