#pragma once
#include <cstdint>
#include <vector>

#include "sandbox/seccomp/block.hpp"

namespace containerlib::sandbox {

enum class Comparison : std::uint8_t { ne, lt, le, eq, ge, gt };

/// (argument & mask) compared with `value`, unsigned.
struct ArgumentTest {
  std::uint8_t argument = 0;  ///< 0 to 5
  Comparison comparison = Comparison::eq;
  std::uint64_t value = 0, mask = UINT64_MAX;
};

/// The answer (SECCOMP_RET_*) when all tests hold.
struct AnswerClause {
  std::vector<ArgumentTest> tests;
  std::uint32_t answer = 0;
};

/// The first clause that holds answers, `otherwise` when none does. `wide`: the arguments have 64
/// bits, else only the low 32 bits of arguments and values are looked at.
Block clauses_block(const std::vector<AnswerClause>&, std::uint32_t otherwise, bool wide);

}  // namespace containerlib::sandbox
