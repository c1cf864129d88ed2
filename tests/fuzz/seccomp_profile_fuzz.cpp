// linux.seccomp of a config.json, up to what the kernel makes of the filter.
#include <linux/audit.h>

#include "fuzz/fuzz.hpp"
#include "oci/runtime_spec_json.hpp"
#include "sandbox/seccomp/disk_entry.hpp"
#include "sandbox/seccomp/oci.hpp"
#include "unit/sandbox/seccomp_interpreter.hpp"

using namespace containerlib;

namespace {

std::uint32_t answer(const sandbox::SeccompProgram& program, std::uint32_t arch, int call,
                     std::uint64_t argument) {
  seccomp_data data{};
  data.arch = arch;
  data.nr = call;
  for (auto& value : data.args) value = argument;
  const auto value = run_filter(program.bytes, data);
  fuzz::require(value.has_value(), "a filter always answers");
  return *value;
}

void check(const oci::SeccompProfile& profile, sandbox::Architecture architecture) {
  const sandbox::SeccompProgram program = compile_seccomp_program(profile, architecture);
  fuzz::require(program.bytes.size() <= BPF_MAXINSNS * sizeof(sock_filter),
                "the kernel takes a filter of this length");
  for (const int call : {0, 1, 56, 59, 435, 500, 0x40000000, -1})
    for (const std::uint64_t argument :
         {std::uint64_t{0}, std::uint64_t{1} << 32, ~std::uint64_t{0}}) {
      (void)answer(program, AUDIT_ARCH_X86_64, call, argument);
      (void)answer(program, AUDIT_ARCH_I386, call, argument);
    }
  fuzz::require(answer(program, AUDIT_ARCH_S390X, 1, 0) == SECCOMP_RET_KILL_THREAD,
                "a foreign ABI is refused");
  const std::string key = seccomp_key(profile, architecture);
  const auto kept = sandbox::parse_entry(entry_bytes(key, program), key);
  fuzz::require(kept && kept->bytes == program.bytes && kept->unknown == program.unknown,
                "a cached filter is the filter");
}

}  // namespace

void fuzz::one(std::string_view input) {
  const std::string document =
      R"({"ociVersion": "1.0.2", "root": {"path": "r"}, "linux": {"seccomp": )" +
      std::string(input) + "}}";
  oci::RuntimeSpec spec;
  if (!accepted([&] { spec = oci::parse_runtime_spec(document, "a test"); })) return;
  if (!spec.seccomp_profile) return;
  for (const auto architecture : {sandbox::Architecture::x86_64, sandbox::Architecture::aarch64})
    accepted([&] { check(*spec.seccomp_profile, architecture); });
}
