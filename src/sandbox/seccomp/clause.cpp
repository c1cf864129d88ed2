#include "sandbox/seccomp/clause.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <bit>
#include <cstddef>
#include <utility>

namespace containerlib::sandbox {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the low half of an argument comes first");

// Where a jump of a test goes, until its distance is known.
constexpr std::uint8_t next = 0, test_end = 254, clause_end = 255;

void compare(Block& block, const ArgumentTest& test, bool high, unsigned code, std::uint8_t if_true,
             std::uint8_t if_false) {
  const auto value = static_cast<std::uint32_t>(test.value >> (high ? 32 : 0));
  block.push_back(bpf_jump(code | BPF_K, value, if_true, if_false));
}

void load(Block& block, const ArgumentTest& test, bool high) {
  block.push_back(
      bpf_load(offsetof(seccomp_data, args) + 8 * std::size_t{test.argument} + (high ? 4 : 0)));
  const auto mask = static_cast<std::uint32_t>(test.mask >> (high ? 32 : 0));
  if (mask != UINT32_MAX) block.push_back(bpf_statement(BPF_ALU | BPF_AND | BPF_K, mask));
}

/// Decides by the high halves unless they are equal.
void compare_high(Block& block, const ArgumentTest& test) {
  load(block, test, true);
  switch (test.comparison) {
    case Comparison::eq: return compare(block, test, true, BPF_JEQ, next, clause_end);
    case Comparison::ne: return compare(block, test, true, BPF_JEQ, next, test_end);
    case Comparison::gt:
    case Comparison::ge:
      compare(block, test, true, BPF_JGT, test_end, next);
      return compare(block, test, true, BPF_JEQ, next, clause_end);
    case Comparison::lt:
    case Comparison::le:
      compare(block, test, true, BPF_JGT, clause_end, next);
      return compare(block, test, true, BPF_JEQ, next, test_end);
  }
}

void compare_low(Block& block, const ArgumentTest& test) {
  load(block, test, false);
  switch (test.comparison) {
    case Comparison::eq: return compare(block, test, false, BPF_JEQ, next, clause_end);
    case Comparison::ne: return compare(block, test, false, BPF_JEQ, clause_end, next);
    case Comparison::gt: return compare(block, test, false, BPF_JGT, next, clause_end);
    case Comparison::ge: return compare(block, test, false, BPF_JGE, next, clause_end);
    case Comparison::lt: return compare(block, test, false, BPF_JGE, clause_end, next);
    case Comparison::le: return compare(block, test, false, BPF_JGT, clause_end, next);
  }
}

/// Jumps from `begin` on that go to `target` get the distance to the present end. A clause has at
/// most 6 tests (the arguments) of 7 instructions, so all are in reach.
void land(Block& block, std::size_t begin, std::uint8_t target) {
  for (std::size_t at = begin; at < block.size(); ++at) {
    if ((block[at].code & 7) != BPF_JMP) continue;
    const auto distance = static_cast<std::uint8_t>(block.size() - at - 1);
    if (block[at].jump_true == target) block[at].jump_true = distance;
    if (block[at].jump_false == target) block[at].jump_false = distance;
  }
}

void append_clause(Block& block, const AnswerClause& clause, bool wide) {
  Block own;
  for (const ArgumentTest& test : clause.tests) {
    const std::size_t begin = own.size();
    if (wide) compare_high(own, test);
    compare_low(own, test);
    land(own, begin, test_end);
  }
  own.push_back(bpf_answer(clause.answer));
  land(own, 0, clause_end);
  block.insert(block.end(), own.begin(), own.end());
}

}  // namespace

Block clauses_block(const std::vector<AnswerClause>& clauses, std::uint32_t otherwise, bool wide) {
  Block block;
  for (const AnswerClause& clause : clauses) {
    append_clause(block, clause, wide);
    if (clause.tests.empty()) return block;
  }
  block.push_back(bpf_answer(otherwise));
  return block;
}

}  // namespace containerlib::sandbox
