#include "sandbox/compile/device_filter.hpp"

namespace containerlib::sandbox {
namespace {

// Registers. The kernel gives a bpf_cgroup_dev_ctx in r1; r0 is the answer: 1 allows.
constexpr std::uint8_t answer = 0, context = 1, type = 2, access = 3, major = 4, minor = 5;

bpf_insn instruction(int code, std::uint8_t dst, std::uint8_t src, std::int16_t off,
                     std::int64_t imm) {
  bpf_insn out{};
  out.code = static_cast<__u8>(code);
  out.dst_reg = dst & 15;
  out.src_reg = src & 15;
  out.off = off;
  out.imm = static_cast<__s32>(imm);  // a device number of 32 bits keeps them
  return out;
}

struct Assembler {
  std::vector<bpf_insn> program;

  void load(std::uint8_t to, std::size_t offset) {
    program.push_back(
        instruction(BPF_LDX | BPF_MEM | BPF_W, to, context, static_cast<std::int16_t>(offset), 0));
  }
  void operate(int operation, std::uint8_t on, std::int64_t value) {
    program.push_back(instruction(BPF_ALU | operation | BPF_K, on, 0, 0, value));
  }
  void jump(int condition, std::uint8_t left, std::int64_t right, std::size_t over) {
    program.push_back(instruction(BPF_JMP32 | condition | BPF_K, left, 0,
                                  static_cast<std::int16_t>(over), right));
  }
  void skip(std::int16_t over) { program.push_back(instruction(BPF_JMP | BPF_JA, 0, 0, over, 0)); }
  void decide(bool allow) {
    operate(BPF_MOV, answer, allow ? 1 : 0);
    program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  }
};

/// What is done when the rule matches. `access` has what no later rule has decided.
std::vector<bpf_insn> verdict(const DeviceRule& rule) {
  Assembler out;
  if (rule.access == device_all) {
    out.decide(rule.allow);
  } else if (rule.allow) {
    out.operate(BPF_AND, access, device_all & ~rule.access);
    out.jump(BPF_JNE, access, 0, 2);
    out.decide(true);
  } else {
    out.jump(BPF_JSET, access, rule.access, 1);
    out.skip(2);
    out.decide(false);
  }
  return out.program;
}

void add_rule(Assembler& out, const DeviceRule& rule) {
  const std::vector<bpf_insn> then = verdict(rule);
  const std::size_t numbers = (rule.major >= 0) + (rule.minor >= 0);
  out.jump(BPF_JNE, type, rule.type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK,
           numbers + then.size());
  if (rule.major >= 0) out.jump(BPF_JNE, major, rule.major, (rule.minor >= 0) + then.size());
  if (rule.minor >= 0) out.jump(BPF_JNE, minor, rule.minor, then.size());
  out.program.insert(out.program.end(), then.begin(), then.end());
}

}  // namespace

std::vector<bpf_insn> device_filter(const DeviceRules& rules) {
  static_assert(device_mknod == BPF_DEVCG_ACC_MKNOD && device_read == BPF_DEVCG_ACC_READ &&
                device_write == BPF_DEVCG_ACC_WRITE);
  Assembler out;
  // access_type is (access << 16) | type.
  out.load(type, offsetof(bpf_cgroup_dev_ctx, access_type));
  out.load(access, offsetof(bpf_cgroup_dev_ctx, access_type));
  out.operate(BPF_AND, type, 0xffff);
  out.operate(BPF_RSH, access, 16);
  out.load(major, offsetof(bpf_cgroup_dev_ctx, major));
  out.load(minor, offsetof(bpf_cgroup_dev_ctx, minor));
  for (auto rule = rules.rules.rbegin(); rule != rules.rules.rend(); ++rule) add_rule(out, *rule);
  out.decide(rules.allow);
  return out.program;
}

}  // namespace containerlib::sandbox
