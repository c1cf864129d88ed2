#pragma once
#include <linux/bpf.h>

#include <vector>

#include "sandbox/compile/device_rules.hpp"

namespace containerlib::sandbox {

/// The program (BPF_PROG_TYPE_CGROUP_DEVICE) that decides as the rules do. Pure.
std::vector<bpf_insn> device_filter(const DeviceRules&);

}  // namespace containerlib::sandbox
