#include "bundle/new_record.hpp"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>

#include "base/error.hpp"

namespace containerlib::bundle {
namespace {

std::string absolute(const std::string& path, const char* what) {
  char resolved[PATH_MAX];
  if (!::realpath(path.c_str(), resolved)) throw_errno(errno, std::string("find ") + what, path);
  return resolved;
}

std::string now() {
  timespec time;
  ::clock_gettime(CLOCK_REALTIME, &time);
  tm parts;
  ::gmtime_r(&time.tv_sec, &parts);
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string nanoseconds = std::to_string(time.tv_nsec);
  return std::string(text, size) + '.' + std::string(9 - nanoseconds.size(), '0') + nanoseconds +
         'Z';
}

}  // namespace

Record new_record(const std::string& id, const std::string& bundle, const oci::RuntimeSpec& spec) {
  Record record;
  record.id = id;
  record.oci_version = spec.oci_version;
  record.bundle = absolute(bundle, "bundle");
  record.rootfs = absolute(
      spec.root_path.starts_with('/') ? spec.root_path : record.bundle + '/' + spec.root_path,
      "root file system");
  record.created = now();
  record.owner = ::geteuid();
  record.annotations = spec.annotations;
  return record;
}

void refuse_occupied(const sys::CgroupDirs& cgroups) {
  const std::vector<pid_t> there = sys::cgroup_processes(cgroups);
  if (!there.empty())
    throw_error(Errc::in_use, "use cgroup", "linux.cgroupsPath",
                "process " + std::to_string(there[0]) + " is in it");
  if (sys::is_frozen(cgroups))
    throw_error(Errc::in_use, "use cgroup", "linux.cgroupsPath", "it is frozen");
}

}  // namespace containerlib::bundle
