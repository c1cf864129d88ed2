#pragma once
#include <cstddef>

#include "sandbox/execute/execute.hpp"

// Steps on control groups. All return 0 or -errno.
namespace containerlib::sandbox {

int write_to(const char* path, const char* value, std::size_t size);
int make_cgroup(const char* path, bool may_exist);
int enable_controllers(const Launch&, const EnableControllers&);
int init_cpuset(const char* group);
int write_setting(const Launch&, const WriteFile&);
int filter_devices(const Launch&, const FilterDevices&);
int give_cgroup(const char* group, std::uint32_t uid);
/// `procs`: its cgroup.procs.
int join_cgroup(const char* procs, int pid);

}  // namespace containerlib::sandbox
