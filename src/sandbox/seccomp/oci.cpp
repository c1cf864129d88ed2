#include "sandbox/seccomp/oci.hpp"

#include <linux/seccomp.h>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <map>
#include <set>

#include "base/error.hpp"
#include "oci/spec_names.hpp"
#include "sandbox/seccomp/abi.hpp"
#include "sandbox/seccomp/block.hpp"
#include "sandbox/seccomp/words.hpp"

namespace containerlib::sandbox {
namespace {

struct Rule {
  const std::vector<std::string>* names;
  std::vector<AnswerClause> clauses;  ///< empty: without effect
};

bool tests_one_twice(const std::vector<ArgumentTest>& tests) {
  std::bitset<6> seen;
  for (const ArgumentTest& test : tests) {
    if (seen[test.argument]) return true;
    seen.set(test.argument);
  }
  return false;
}

std::vector<AnswerClause> clauses_of(const oci::SeccompRule& rule, std::uint32_t answer) {
  std::vector<ArgumentTest> tests;
  for (const oci::SeccompArgument& argument : rule.args) tests.push_back(argument_test(argument));
  if (!tests_one_twice(tests)) return {{std::move(tests), answer}};
  std::vector<AnswerClause> clauses;
  for (const ArgumentTest& test : tests) clauses.push_back({{test}, answer});
  return clauses;
}

std::vector<Rule> rules_of(const oci::SeccompProfile& profile, std::uint32_t otherwise) {
  std::vector<Rule> rules;
  for (const oci::SeccompRule& rule : profile.syscalls) {
    const std::uint32_t answer =
        seccomp_answer(rule.action, rule.errno_ret, "linux.seccomp.syscalls.action");
    std::vector<AnswerClause> clauses = clauses_of(rule, answer);
    if (answer == otherwise) clauses.clear();
    rules.push_back({&rule.names, std::move(clauses)});
  }
  return rules;
}

/// The selector stands for the first argument; what it would have been is in memory then, out of a
/// filter's reach.
AnswerClause selected(AnswerClause clause, std::uint32_t selector) {
  std::erase_if(clause.tests, [](const ArgumentTest& test) { return test.argument == 0; });
  clause.tests.push_back({0, Comparison::eq, selector});
  return clause;
}

using Policy = std::vector<AnswerClause>;

void add(Policy& policy, AnswerClause clause) {
  if (!policy.empty() && policy.front().tests.empty()) return;
  if (clause.tests.empty()) policy.clear();
  policy.push_back(std::move(clause));
}

/// What the kernel compares when several filters answer: smaller is stricter.
std::int32_t strictness(const AnswerClause& clause) {
  return static_cast<std::int32_t>(clause.answer & SECCOMP_RET_ACTION_FULL);
}

/// The policies of one ABI, by number.
struct Table {
  std::map<std::uint32_t, Policy> policies;
  std::uint32_t youngest = 0;  ///< greatest number the profile names; 0: none
};

Table table_of(const std::vector<Rule>& rules, const Abi& abi, std::set<std::string>& known) {
  Table table;
  for (const Rule& rule : rules)
    for (const std::string& name : *rule.names) {
      const auto numbers = call_numbers(name, abi);
      if (!numbers) continue;
      known.insert(name);
      for (const CallNumber& call : *numbers) {
        table.youngest = std::max(table.youngest, call.number);
        for (const AnswerClause& clause : rule.clauses)
          add(table.policies[call.number],
              call.selector ? selected(clause, *call.selector) : clause);
      }
    }
  for (auto& [number, policy] : table.policies)
    std::stable_sort(
        policy.begin(), policy.end(),
        [](const AnswerClause& a, const AnswerClause& b) { return strictness(a) < strictness(b); });
  return table;
}

constexpr std::uint32_t eperm = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;

BlockRanges ranges_of(const Table& table, const Abi& abi, std::uint32_t otherwise) {
  std::map<std::uint32_t, Block> calls;
  for (const auto& [number, policy] : table.policies)
    calls[number] = clauses_block(policy, otherwise, abi.wide);
  BlockRanges ranges = block_ranges(calls, {bpf_answer(otherwise)});
  if (otherwise == eperm && table.youngest) ranges[table.youngest + 1] = {bpf_answer(enosys)};
  return ranges;
}

constexpr std::uint32_t other_abi = SECCOMP_RET_KILL_THREAD;

/// Puts the ranges of ABIs that share an AUDIT_ARCH_* one above the other.
void add_ranges(BlockRanges& all, const Abi& abi, BlockRanges own, std::uint32_t otherwise) {
  own.try_emplace(abi.number_bit, Block{bpf_answer(otherwise)});
  if (abi.number_end) own[abi.number_end] = {bpf_answer(other_abi)};
  // A tracer sets -1 for "no call", of whatever ABI (seccomp(2)).
  own[UINT32_MAX] = {bpf_answer(otherwise)};
  all.erase(all.lower_bound(abi.number_bit), all.end());
  all.insert(own.lower_bound(abi.number_bit), own.end());
}

std::set<std::string_view> wanted_abis(const oci::SeccompProfile& profile) {
  const std::span<const std::string_view> known = oci::names::seccomp_archs;
  std::set<std::string_view> names;
  for (const std::string& name : profile.architectures) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw_error(Errc::invalid_option, "compile seccomp profile", "linux.seccomp.architectures",
                  "unknown architecture " + printable(name));
    names.insert(name);
  }
  return names;
}

Block assemble(const std::map<std::uint32_t, BlockRanges>& programs) {
  Block all = {bpf_answer(other_abi)};
  for (const auto& [audit_arch, ranges] : programs) {
    Block own = {bpf_load(offsetof(seccomp_data, nr))};
    const Block search = search_block(ranges);
    own.insert(own.end(), search.begin(), search.end());
    all = choice_block(audit_arch, own, all);
  }
  all.insert(all.begin(), bpf_load(offsetof(seccomp_data, arch)));
  check_program_size(all);
  return all;
}

std::vector<std::string> unknown_names(const oci::SeccompProfile& profile,
                                       const std::set<std::string>& known) {
  std::set<std::string> unknown;
  for (const oci::SeccompRule& rule : profile.syscalls)
    for (const std::string& name : rule.names)
      if (!known.contains(name)) unknown.insert(name);
  return {unknown.begin(), unknown.end()};
}

}  // namespace

SeccompProgram compile_seccomp_program(const oci::SeccompProfile& profile,
                                       Architecture architecture) {
  const std::uint32_t otherwise = seccomp_answer(profile.default_action, profile.default_errno_ret,
                                                 "linux.seccomp.defaultAction");
  const std::set<std::string_view> wanted = wanted_abis(profile);
  const std::vector<Rule> rules = rules_of(profile, otherwise);
  std::set<std::string> known;
  std::map<std::uint32_t, BlockRanges> programs;
  const std::span<const Abi> abis = machine_abis(architecture);
  for (const Abi& abi : abis) {
    if (&abi != &abis.front() && !wanted.contains(abi.name)) continue;
    const Table table = table_of(rules, abi, known);
    add_ranges(programs[abi.audit_arch], abi, ranges_of(table, abi, otherwise), otherwise);
  }
  const Block program = assemble(programs);
  SeccompProgram result = {std::vector<std::uint8_t>(program.size() * sizeof(BpfInstruction)),
                           unknown_names(profile, known)};
  std::memcpy(result.bytes.data(), program.data(), result.bytes.size());
  return result;
}

}  // namespace containerlib::sandbox
