// SEC-31: a list of forbidden calls does not know those that came later, such as the new mount
// calls (CVE-2021-41133).
#include "security/hostile_program.hpp"

using namespace tests;

namespace {

void check(const std::map<std::string, std::string>& answer) {
  REQUIRE(answer.contains("fsopen"));
  for (const char* call : {"mount", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree",
                           "move_mount", "mount_setattr"})
    CHECK_MESSAGE(answer.at(call) == "EPERM", call << " " << answer.at(call));
  // As on an older kernel, so that programs take their other path; EPERM breaks them.
  for (const char* call : {"unknown_600", "unknown_100000", "unknown_minus_2"})
    CHECK_MESSAGE(answer.at(call) == "ENOSYS", call << " " << answer.at(call));
  // Calls that the kernel has and the profile does not name.
  for (const char* call : {"sysfs", "ustat"})
    if (answer.contains(call)) CHECK_MESSAGE(answer.at(call) != "done", call);
}

}  // namespace

TEST_CASE_FIXTURE(Containers,
                  "SEC-31 calls that mount are refused, those nobody knows are not there") {
  check(answers(run({"/hostile", "calls"}, {.mounts = with_hostile}).out));
  cl::Container container = start({"sleep", "60"}, {.mounts = with_hostile});
  check(answers(container.exec({"/hostile", "calls"}).out));
}
