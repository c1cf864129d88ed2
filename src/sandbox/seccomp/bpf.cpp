#include "sandbox/seccomp/bpf.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <bit>
#include <cerrno>
#include <cstddef>

#include "base/broken.hpp"

namespace containerlib::sandbox {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the low half of an argument comes first");

BpfInstruction answer(int errnum) {
  return bpf_answer(errnum == 0 ? SECCOMP_RET_ALLOW
                                : SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(errnum));
}

Block policy_block(const SeccompPolicy& policy) {
  Block block;
  for (const SeccompClause& clause : policy) {
    if (clause.conditional) {
      block.push_back(bpf_load(offsetof(seccomp_data, args) + 8 * std::size_t{clause.argument}));
      if (clause.mask != 0xffffffff) block.push_back(bpf_statement(BPF_ALU | BPF_AND, clause.mask));
      block.push_back(bpf_jump(BPF_JEQ, clause.value, 0, 1));
    }
    block.push_back(answer(clause.errnum));
  }
  return block;
}

}  // namespace

std::vector<BpfInstruction> assemble_seccomp(const std::map<std::uint32_t, SeccompPolicy>& policies,
                                             Architecture architecture) {
  std::map<std::uint32_t, Block> calls;
  for (const auto& [number, policy] : policies) calls[number] = policy_block(policy);
  Block program = {
      bpf_load(offsetof(seccomp_data, arch)),
      bpf_jump(BPF_JEQ, static_cast<std::uint32_t>(architecture), 1, broken("SEC-18-abi") ? 1 : 0),
      answer(ENOSYS), bpf_load(offsetof(seccomp_data, nr))};
  // x32 calls have bit 30 set in their number: above every known one, so they find no policy.
  const Block search = search_block(block_ranges(calls, {answer(ENOSYS)}));
  program.insert(program.end(), search.begin(), search.end());
  check_program_size(program);
  return program;
}

}  // namespace containerlib::sandbox
