#include "sandbox/seccomp/bpf.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>

#include "base/broken.hpp"

namespace containerlib::sandbox {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the low half of an argument comes first");

static_assert(seccomp_allow == SECCOMP_RET_ALLOW && seccomp_notify == SECCOMP_RET_USER_NOTIF &&
              seccomp_kill_process == SECCOMP_RET_KILL_PROCESS &&
              seccomp_errno(EPERM) == (SECCOMP_RET_ERRNO | EPERM));

Block policy_block(const SeccompPolicy& policy) {
  Block block;
  for (const SeccompClause& clause : policy) {
    if (clause.conditional) {
      block.push_back(bpf_load(offsetof(seccomp_data, args) + 8 * std::size_t{clause.argument}));
      if (clause.mask != 0xffffffff) block.push_back(bpf_statement(BPF_ALU | BPF_AND, clause.mask));
      block.push_back(bpf_jump(BPF_JEQ, clause.value, 0, 1));
    }
    block.push_back(bpf_answer(clause.answer));
  }
  return block;
}

}  // namespace

std::vector<BpfInstruction> assemble_seccomp(const std::map<std::uint32_t, SeccompPolicy>& policies,
                                             const SeccompDefaults& defaults,
                                             Architecture architecture) {
  std::map<std::uint32_t, Block> calls;
  for (const auto& [number, policy] : policies) calls[number] = policy_block(policy);
  BlockRanges ranges = block_ranges(calls, {bpf_answer(defaults.unlisted)});
  const std::uint32_t newest =
      policies.empty() ? defaults.newest : std::max(defaults.newest, policies.rbegin()->first);
  // x32 calls have bit 30 set in their number: above every known one.
  ranges[newest + 1] = {bpf_answer(seccomp_errno(ENOSYS))};
  Block program = {
      bpf_load(offsetof(seccomp_data, arch)),
      bpf_jump(BPF_JEQ, static_cast<std::uint32_t>(architecture), 1, broken("SEC-18-abi") ? 1 : 0),
      bpf_answer(defaults.other_abi), bpf_load(offsetof(seccomp_data, nr))};
  const Block search = search_block(ranges);
  program.insert(program.end(), search.begin(), search.end());
  check_program_size(program);
  return program;
}

}  // namespace containerlib::sandbox
