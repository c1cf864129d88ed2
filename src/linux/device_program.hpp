#pragma once
#include <linux/bpf.h>

#include <cstddef>

namespace containerlib::sys {

/// Processes of this v2 group (an open directory) may use the devices that the program allows; one
/// that was set before is replaced, those of others (systemd's) stay and must allow as well. 0 or
/// -errno. Needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, of the initial user namespace. Safe
/// between clone and execve.
int set_device_program(int group, const bpf_insn* program, std::size_t count);

}  // namespace containerlib::sys
