// SEC-18: parts of the kernel that a container has no business with and that let others escape:
// nested user namespaces (CVE-2022-0492, CVE-2022-0185), packet and crypto sockets (CVE-2020-14386,
// CVE-2026-31431), 32-bit calls past the filter, io_uring, key rings.
#include <sys/socket.h>

#include "security/hostile_program.hpp"

using namespace tests;

namespace {

/// The same in a container's first process and in one that is added, as root and as a user.
template <class Check>
void in_all(Containers& c, Check&& check) {
  check(answers(c.run({"/hostile", "calls"}, {.mounts = with_hostile}).out));
  cl::Container container = c.start({"sleep", "60"}, {.mounts = with_hostile});
  check(answers(container.exec({"/hostile", "calls"}).out));
  if (has_ids()) check(answers(container.exec({"/hostile", "calls"}, {.user = "1000"}).out));
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-18 no further namespace can be made") {
  in_all(*this, [](const auto& answer) {
    REQUIRE(answer.contains("unshare_user"));
    for (const char* call : {"unshare_user", "unshare_mount", "clone_user", "setns"})
      CHECK_MESSAGE(answer.at(call) == "EPERM", call << " " << answer.at(call));
    // Its flags are out of a filter's reach; programs then use clone.
    CHECK(answer.at("clone3_user") == "ENOSYS");
  });
}

TEST_CASE_FIXTURE(Containers, "SEC-18 sockets are of the four usual families") {
  in_all(*this, [](const auto& answer) {
    REQUIRE(answer.contains("socket_1"));
    for (int family = 1; family < 46; ++family) {
      const std::string name = "socket_" + std::to_string(family), result = answer.at(name);
      if (family == AF_UNIX || family == AF_INET || family == AF_INET6) {
        CHECK_MESSAGE(result == "done", name << " " << result);
      } else if (family == AF_ALG || family == AF_VSOCK || family == AF_PACKET) {
        CHECK_MESSAGE(result == "EPERM", name << " " << result);
      } else if (family != AF_NETLINK) {
        CHECK_MESSAGE(result == "EAFNOSUPPORT", name << " " << result);
      }
    }
  });
}

TEST_CASE_FIXTURE(Containers, "SEC-18 calls of another ABI are refused") {
  in_all(*this, [](const auto& answer) {
    if (!answer.contains("i386")) return;
    for (const char* call : {"i386", "x32"})
      CHECK_MESSAGE((answer.at(call) == "ENOSYS" || answer.at(call) == "EPERM"), answer.at(call));
  });
}

TEST_CASE_FIXTURE(Containers, "SEC-18 the calls behind many escapes are refused") {
  in_all(*this, [](const auto& answer) {
    REQUIRE(answer.contains("keyctl"));
    for (const char* call : {"io_uring_setup", "keyctl", "add_key", "userfaultfd", "bpf",
                             "perf_event_open", "open_by_handle_at"})
      CHECK_MESSAGE(answer.at(call) == "EPERM", call << " " << answer.at(call));
  });
}

TEST_CASE_FIXTURE(Containers, "SEC-18 no user namespace inside, also without the filter") {
  const cl::ContainerOptions loose = {.seccomp = cl::Seccomp::unconfined()};
  const cl::Completed done = run({"unshare", "-U", "true"}, loose);
  CHECK_FALSE(done.status.success());
  CHECK(contains(done.err, "No space left on device"));  // what the kernel says of a limit
  CHECK(shell("cat /proc/sys/user/max_user_namespaces") == "0");
  CHECK_FALSE(
      run({"sh", "-c", "echo 1 > /proc/sys/user/max_user_namespaces"}, loose).status.success());
  cl::Container container = start({"sleep", "60"}, loose);
  CHECK_FALSE(container.exec({"unshare", "-U", "true"}).status.success());
  // The host's own limit, and that of the next container, are what they were.
  CHECK(read_file("/proc/sys/user/max_user_namespaces") != "0\n");
}
