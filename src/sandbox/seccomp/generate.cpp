// seccomp_generate ARCHITECTURE: prints the source file that defines default_seccomp_program().
// A program of the build machine, run by the build.
#include <cstdio>
#include <exception>

#include "sandbox/seccomp/compile.hpp"

namespace {

void print_definition(const std::vector<std::uint8_t>& program) {
  std::puts(
      "#include \"sandbox/seccomp/default.hpp\"\n\n"
      "namespace containerlib::sandbox {\n"
      "namespace {\n"
      "alignas(8) constexpr std::uint8_t program[] = {");
  for (std::size_t i = 0; i < program.size(); ++i)
    std::printf("%u,%s", unsigned{program[i]}, i % 24 == 23 ? "\n" : "");
  std::puts(
      "};\n}  // namespace\n\n"
      "std::span<const std::uint8_t> default_seccomp_program() noexcept { return program; }\n\n"
      "}  // namespace containerlib::sandbox");
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace containerlib::sandbox;
  const std::optional<Architecture> target = architecture(argc == 2 ? argv[1] : "");
  if (!target) {
    std::fputs("usage: seccomp_generate x86_64|aarch64\n", stderr);
    return 2;
  }
  print_definition(compile_seccomp({.capabilities = {"CAP_SYS_CHROOT"}}, *target));
  return std::fflush(stdout) == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "seccomp_generate: %s\n", error.what());
  return 1;
}
