#include "sandbox/seccomp_bpf.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <span>

#include "base/error.hpp"

namespace containerlib::sandbox {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the low half of an argument comes first");

// A block is a piece of program that ends in an answer on every way through it. Its jumps are
// relative and stay inside, so blocks are put together by copying.
using Block = std::vector<BpfInstruction>;

BpfInstruction statement(unsigned code, std::uint32_t operand) {
  return {static_cast<std::uint16_t>(code), 0, 0, operand};
}

BpfInstruction jump(unsigned code, std::uint32_t operand, std::size_t if_true,
                    std::size_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | code), static_cast<std::uint8_t>(if_true),
          static_cast<std::uint8_t>(if_false), operand};
}

BpfInstruction load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

BpfInstruction answer(int errnum) {
  if (errnum == 0) return statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  return statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(errnum));
}

Block policy_block(const SeccompPolicy& policy) {
  Block block;
  for (const SeccompClause& clause : policy) {
    if (clause.conditional) {
      block.push_back(load(offsetof(seccomp_data, args) + 8 * std::size_t{clause.argument}));
      if (clause.mask != 0xffffffff) block.push_back(statement(BPF_ALU | BPF_AND, clause.mask));
      block.push_back(jump(BPF_JEQ, clause.value, 0, 1));
    }
    block.push_back(answer(clause.errnum));
  }
  return block;
}

/// All call numbers from `first` to that of the next range get this policy.
struct Range {
  std::uint32_t first;
  SeccompPolicy policy;
};

std::vector<Range> ranges_of(const std::map<std::uint32_t, SeccompPolicy>& policies) {
  const SeccompPolicy unknown = {{.errnum = ENOSYS}};
  std::vector<Range> ranges = {{0, unknown}};
  const auto add = [&ranges](std::uint32_t first, const SeccompPolicy& policy) {
    if (ranges.back().first == first) ranges.pop_back();
    if (ranges.empty() || ranges.back().policy != policy) ranges.push_back({first, policy});
  };
  for (const auto& [number, policy] : policies) {
    add(number, policy);
    if (!policies.contains(number + 1)) add(number + 1, unknown);
  }
  return ranges;
}

Block search_block(std::span<const Range> ranges) {
  if (ranges.size() == 1) return policy_block(ranges.front().policy);
  const std::size_t middle = ranges.size() / 2;
  const Block below = search_block(ranges.first(middle));
  const Block above = search_block(ranges.subspan(middle));
  Block block;
  if (below.size() <= 255) {
    block.push_back(jump(BPF_JGE | BPF_K, ranges[middle].first, below.size(), 0));
  } else {  // a conditional jump reaches 255 instructions only
    block.push_back(jump(BPF_JGE | BPF_K, ranges[middle].first, 0, 1));
    block.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(below.size())));
  }
  block.insert(block.end(), below.begin(), below.end());
  block.insert(block.end(), above.begin(), above.end());
  return block;
}

}  // namespace

std::vector<BpfInstruction> assemble_seccomp(const std::map<std::uint32_t, SeccompPolicy>& policies,
                                             Architecture architecture) {
  Block program = {load(offsetof(seccomp_data, arch)),
                   jump(BPF_JEQ, static_cast<std::uint32_t>(architecture), 1, 0), answer(ENOSYS),
                   load(offsetof(seccomp_data, nr))};
  // x32 calls have bit 30 set in their number: above every known one, so they find no policy.
  const Block search = search_block(ranges_of(policies));
  program.insert(program.end(), search.begin(), search.end());
  if (program.size() > BPF_MAXINSNS)
    throw_error(Errc::unsupported, "compile seccomp profile", {}, "too many rules");
  return program;
}

}  // namespace containerlib::sandbox
