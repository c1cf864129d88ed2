// SEC-16: the name of a control group's file comes from the configuration; one with ".." or a slash
// is any file of the host (runc GHSA-5g49-rx9x-qfc6).
#include "integration/bundle.hpp"
#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

std::string escaped(const std::string& name) {
  std::string out;
  for (const char c : name)
    out += c == '\0' ? std::string("\\u0000") : c == '\n' ? "\\n" : std::string(1, c);
  return out;
}

const std::string names[] = {"../../canary",
                             "../canary",
                             "/tmp/canary",
                             "a/b",
                             "memory/../../x",
                             "",
                             ".",
                             "..",
                             std::string("memory.max\0x", 12),
                             "memory.max\n",
                             "no-controller",
                             "cgroup.procs",
                             "cgroup.threads",
                             "cgroup.kill",
                             "cgroup.freeze",
                             "cgroup.subtree_control",
                             "cgroup.type"};

// Of no meaning to any of them: where the defence is left out it is written, and "1" to
// cgroup.procs would move process 1 of the machine.
constexpr const char* value = "nothing";

/// By the reader of the configuration, or by what makes the plan of it.
bool is_named_refusal(const std::string& text) {
  return contains(text, "not the name of a control file") ||
         contains(text, "this file is the runtime's own") ||
         contains(text, "expected the names of files as keys, without a slash") ||
         contains(text, "expected keys that are not empty");
}

}  // namespace

TEST_CASE("SEC-16 only a control file's name is one, in a bundle and in an update") {
  Bundle bundle;
  const fs::path canary = bundle.dir() / "canary";
  write_file(canary, "untouched");
  for (const std::string& name : names) {
    const CommandResult result =
        bundle.run({.script = "true",
                    .linux_members = R"(, "resources": {"unified": {")" + escaped(name) +
                                     R"(": ")" + value + R"("}})"});
    CHECK_MESSAGE(result.code != 0, name);
    CHECK_MESSAGE(is_named_refusal(result.err), name << ": " << result.err);
  }
  CHECK(read_file(canary) == "untouched");
}

TEST_CASE_FIXTURE(Containers, "SEC-16 only a control file's name is one, in an option") {
  for (const std::string& name : names) {
    const auto error = error_of([&] {
      run({"true"}, {.unsafe_oci_spec = R"({"linux": {"resources": {"unified": {")" +
                                        escaped(name) + R"(": ")" + value + R"("}}}})"});
    });
    REQUIRE_MESSAGE(error, name);
    CHECK_MESSAGE(is_named_refusal(error->what()), name << ": " << std::string(error->what()));
  }
}
