#include "sandbox/seccomp/block.hpp"

#include <linux/filter.h>

#include <span>

#include "base/error.hpp"

namespace containerlib::sandbox {
namespace {

struct Range {
  std::uint32_t first;
  const Block* block;
};

void append(Block& block, const Block& more) {
  block.insert(block.end(), more.begin(), more.end());
}

/// Goes on behind `distance` instructions unless the comparison holds.
void jump_unless(Block& block, unsigned code, std::uint32_t operand, std::size_t distance) {
  if (distance <= 255) {
    block.push_back(bpf_jump(code, operand, 0, distance));
  } else {  // a conditional jump reaches 255 instructions only
    block.push_back(bpf_jump(code, operand, 1, 0));
    block.push_back(bpf_statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(distance)));
  }
}

void jump_if(Block& block, unsigned code, std::uint32_t operand, std::size_t distance) {
  if (distance <= 255) {
    block.push_back(bpf_jump(code, operand, distance, 0));
  } else {
    block.push_back(bpf_jump(code, operand, 0, 1));
    block.push_back(bpf_statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(distance)));
  }
}

Block search(std::span<const Range> ranges) {
  if (ranges.size() == 1) return *ranges.front().block;
  const std::size_t middle = ranges.size() / 2;
  const Block below = search(ranges.first(middle));
  const Block above = search(ranges.subspan(middle));
  Block block;
  jump_if(block, BPF_JGE | BPF_K, ranges[middle].first, below.size());
  append(block, below);
  append(block, above);
  return block;
}

}  // namespace

BpfInstruction bpf_statement(unsigned code, std::uint32_t operand) {
  return {static_cast<std::uint16_t>(code), 0, 0, operand};
}

BpfInstruction bpf_jump(unsigned code, std::uint32_t operand, std::size_t if_true,
                        std::size_t if_false) {
  return {static_cast<std::uint16_t>(BPF_JMP | code), static_cast<std::uint8_t>(if_true),
          static_cast<std::uint8_t>(if_false), operand};
}

BpfInstruction bpf_load(std::size_t offset) {
  return bpf_statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

BpfInstruction bpf_answer(std::uint32_t answer) { return bpf_statement(BPF_RET | BPF_K, answer); }

BlockRanges block_ranges(const std::map<std::uint32_t, Block>& calls, const Block& otherwise) {
  BlockRanges ranges = {{0, otherwise}};
  for (const auto& [number, block] : calls) {
    ranges[number] = block;
    if (number != UINT32_MAX) ranges[number + 1] = otherwise;
  }
  return ranges;
}

Block search_block(const BlockRanges& ranges) {
  std::vector<Range> different;
  for (const auto& [first, block] : ranges)
    if (different.empty() || *different.back().block != block) different.push_back({first, &block});
  return search(different);
}

Block choice_block(std::uint32_t value, const Block& then, const Block& otherwise) {
  Block block;
  jump_unless(block, BPF_JEQ | BPF_K, value, then.size());
  append(block, then);
  append(block, otherwise);
  return block;
}

void check_program_size(const Block& program) {
  if (program.size() > BPF_MAXINSNS)
    throw_error(Errc::unsupported, "compile seccomp profile", {}, "too many rules");
}

}  // namespace containerlib::sandbox
