#include "bundle/new_record.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"

namespace containerlib::bundle {
namespace {

std::string absolute(const std::string& path, const char* what) {
  char resolved[PATH_MAX];
  if (!::realpath(path.c_str(), resolved)) throw_errno(errno, std::string("find ") + what, path);
  return resolved;
}

/// RFC 3339. Not by gmtime_r(3), which reads the time zone's file.
std::string now() {
  using namespace std::chrono;
  const auto time = floor<nanoseconds>(system_clock::now());
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ", int(date.year()),
                unsigned(date.month()), unsigned(date.day()), int(clock.hours().count()),
                int(clock.minutes().count()), int(clock.seconds().count()),
                int(clock.subseconds().count()));
  return text;
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
