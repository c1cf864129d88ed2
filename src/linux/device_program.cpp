#include "linux/device_program.hpp"

#include <cstring>

#include "linux/syscalls.hpp"

namespace containerlib::sys {
namespace {

// By which our own program is found again; at most BPF_OBJ_NAME_LEN - 1 bytes.
constexpr char program_name[] = "containerlib";

long bpf(int command, bpf_attr& attr) { return raw(SYS_bpf, command, &attr, sizeof attr); }

long load(const bpf_insn* program, std::size_t count) {
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attr.insns = reinterpret_cast<std::uint64_t>(program);
  attr.insn_cnt = static_cast<__u32>(count);
  attr.license = reinterpret_cast<std::uint64_t>("GPL");
  std::memcpy(attr.prog_name, program_name, sizeof program_name);
  return bpf(BPF_PROG_LOAD, attr);
}

bool is_ours(int program) {
  bpf_prog_info info{};
  bpf_attr attr{};
  attr.info.bpf_fd = static_cast<__u32>(program);
  attr.info.info_len = sizeof info;
  attr.info.info = reinterpret_cast<std::uint64_t>(&info);
  return bpf(BPF_OBJ_GET_INFO_BY_FD, attr) == 0 && std::strcmp(info.name, program_name) == 0;
}

/// The program that is attached already; -1: none.
int find_ours(int group) {
  __u32 ids[64];
  bpf_attr query{};
  query.query.target_fd = static_cast<__u32>(group);
  query.query.attach_type = BPF_CGROUP_DEVICE;
  query.query.prog_ids = reinterpret_cast<std::uint64_t>(ids);
  query.query.prog_cnt = 64;
  if (bpf(BPF_PROG_QUERY, query) < 0) return -1;
  for (__u32 i = 0; i < query.query.prog_cnt; ++i) {
    bpf_attr attr{};
    attr.prog_id = ids[i];
    const long fd = bpf(BPF_PROG_GET_FD_BY_ID, attr);
    if (fd < 0) continue;
    if (is_ours(static_cast<int>(fd))) return static_cast<int>(fd);
    ::close(static_cast<int>(fd));
  }
  return -1;
}

}  // namespace

int set_device_program(int group, const bpf_insn* program, std::size_t count) {
  const long loaded = load(program, count);
  if (loaded < 0) return static_cast<int>(loaded);
  const int old = find_ours(group);
  bpf_attr attr{};
  attr.target_fd = static_cast<__u32>(group);
  attr.attach_bpf_fd = static_cast<__u32>(loaded);
  attr.attach_type = BPF_CGROUP_DEVICE;
  attr.attach_flags = BPF_F_ALLOW_MULTI;
  if (old >= 0) {
    attr.attach_flags |= BPF_F_REPLACE;
    attr.replace_bpf_fd = static_cast<__u32>(old);
  }
  const long result = bpf(BPF_PROG_ATTACH, attr);
  // The group holds its program itself.
  ::close(static_cast<int>(loaded));
  if (old >= 0) ::close(old);
  return static_cast<int>(result);
}

}  // namespace containerlib::sys
