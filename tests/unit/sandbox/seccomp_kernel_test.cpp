#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/seccomp/default.hpp"

// The default program as the kernel applies it, each time in a child of the test.
namespace {

bool load_filter() {
  const auto bytes = containerlib::sandbox::default_seccomp_program();
  sock_fprog program = {};
  program.len = static_cast<unsigned short>(bytes.size() / sizeof(sock_filter));
  program.filter = reinterpret_cast<sock_filter*>(const_cast<std::uint8_t*>(bytes.data()));
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

constexpr int no_filter = 250;

/// Runs `work` under the filter in a child; the child's exit code, or -signal.
int confined(const std::function<int()>& work) {
  const pid_t pid = fork();
  REQUIRE(pid >= 0);
  if (pid == 0) _exit(load_filter() ? work() : no_filter);
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// The errno of a call under the filter, 0 when it succeeds.
int errno_of(const std::function<long()>& call) {
  return confined([&call] { return call() < 0 ? errno : 0; });
}

}  // namespace

TEST_CASE("SEC-28 SEC-31 the kernel takes the default program and refuses what it must") {
  CHECK(errno_of([] { return syscall(SYS_keyctl, 0, 0, 0); }) == EPERM);
  CHECK(errno_of([] { return syscall(SYS_io_uring_setup, 1, nullptr); }) == EPERM);
  CHECK(errno_of([] { return unshare(CLONE_NEWUSER); }) == EPERM);
  CHECK(errno_of([] { return syscall(SYS_clone3, nullptr, 0); }) == ENOSYS);
  CHECK(errno_of([] { return syscall(9999); }) == ENOSYS);
  CHECK(errno_of([] { return syscall(-1); }) == ENOSYS);
  CHECK(errno_of([] { return mount("none", "/proc/none", "tmpfs", 0, nullptr); }) == EPERM);
  CHECK(errno_of([] { return socket(AF_ALG, SOCK_SEQPACKET, 0); }) == EPERM);
  CHECK(errno_of([] { return socket(AF_VSOCK, SOCK_STREAM, 0); }) == EPERM);
  CHECK(errno_of([] { return personality(ADDR_NO_RANDOMIZE); }) == EPERM);
  CHECK(errno_of([] { return ioctl(0, TIOCSTI, "x"); }) == EPERM);
  CHECK(errno_of([] { return syscall(SYS_ioctl, 0, (1L << 32) | TIOCSTI, "x"); }) == EPERM);
}

TEST_CASE("what programs need works under the default program") {
  CHECK(errno_of([] { return socket(AF_INET, SOCK_STREAM, 0); }) == 0);
  CHECK(errno_of([] { return socket(AF_UNIX, SOCK_STREAM, 0); }) == 0);
  CHECK(errno_of([] { return personality(0xffffffff); }) == 0);
  CHECK(errno_of([] { return unshare(CLONE_FILES); }) == 0);
  CHECK(confined([] {
          execl("/bin/true", "true", nullptr);
          return 1;
        }) == 0);
  CHECK(confined([] {
          execl("/bin/sh", "sh", "-c", "echo a | cat | (read x; exit 7)", nullptr);
          return 1;
        }) == 7);
}

TEST_CASE("threads work under the default program") {
  CHECK(confined([] {
          std::array<int, 4> done = {};
          std::vector<std::thread> threads;
          for (int& mine : done) threads.emplace_back([&mine] { mine = 1; });
          for (std::thread& thread : threads) thread.join();
          return done == std::array{1, 1, 1, 1} ? 0 : 1;
        }) == 0);
}

#ifdef __x86_64__
TEST_CASE("other ABIs of the machine get ENOSYS") {
  CHECK(errno_of([] { return syscall(0x40000000 + SYS_getpid); }) == ENOSYS);  // x32
  const int result = confined([] {
    int answer = 20;  // getpid of i386; without a filter the answer is positive
    asm volatile("int $0x80" : "+a"(answer) : : "memory", "r8", "r9", "r10", "r11");
    return -answer;
  });
  if (result == -SIGSEGV) {
    MESSAGE("SKIP: this kernel has no i386 calls");
  } else {
    CHECK(result == ENOSYS);
  }
}
#endif
