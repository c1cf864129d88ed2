#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

// Pieces of a filter program, in classic BPF.
namespace containerlib::sandbox {

/// An instruction of classic BPF: struct sock_filter of linux/filter.h.
struct BpfInstruction {
  std::uint16_t code;
  std::uint8_t jump_true, jump_false;
  std::uint32_t operand;
  bool operator==(const BpfInstruction&) const = default;
};
static_assert(sizeof(BpfInstruction) == 8);

/// A piece of program that ends in an answer on every way through it. Its jumps are relative and
/// stay inside, so blocks are put together by copying.
using Block = std::vector<BpfInstruction>;

BpfInstruction bpf_statement(unsigned code, std::uint32_t operand);
BpfInstruction bpf_jump(unsigned code, std::uint32_t operand, std::size_t if_true,
                        std::size_t if_false);
/// Loads 32 bits of struct seccomp_data.
BpfInstruction bpf_load(std::size_t offset);
/// SECCOMP_RET_*
BpfInstruction bpf_answer(std::uint32_t answer);

/// The blocks of all numbers: from each key up to the next. The first key is 0.
using BlockRanges = std::map<std::uint32_t, Block>;

/// Each number of `calls` has its block, the numbers between, below and above have `otherwise`.
BlockRanges block_ranges(const std::map<std::uint32_t, Block>& calls, const Block& otherwise);

/// A binary search for the loaded value.
Block search_block(const BlockRanges&);

/// `then` when the loaded value is `value`, else `otherwise`.
Block choice_block(std::uint32_t value, const Block& then, const Block& otherwise);

/// Throws unsupported when the program exceeds the kernel's 4096 instructions.
void check_program_size(const Block&);

}  // namespace containerlib::sandbox
