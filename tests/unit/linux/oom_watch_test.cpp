#include "linux/oom_watch.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "linux/cgroup_layout.hpp"
#include "linux/cgroup_walk.hpp"
#include "support/skip.hpp"

using namespace containerlib;
using namespace containerlib::sys;

namespace {

/// A group with a memory limit of 8 MiB; `dirs` is empty where none can be made.
struct SmallGroup {
  SmallGroup() {
    const CgroupFacts facts = find_cgroups();
    const Controller* memory = facts.find("memory");
    if (!memory || memory->version == 0) return;
    path =
        memory->base.substr(0, memory->base.rfind('/')) + "/unit-oom-" + std::to_string(::getpid());
    if (::mkdir(path.c_str(), 0755) != 0) return;
    const bool v2 = memory->version == 2;
    if (write_control(path + (v2 ? "/memory.max" : "/memory.limit_in_bytes"), "8388608") != 0)
      return;
    write_control(path + (v2 ? "/memory.swap.max" : "/memory.memsw.limit_in_bytes"),
                  v2 ? "0" : "8388608");
    if (v2) dirs.unified = path;
    if (!v2) dirs.v1["memory"] = path;
  }
  ~SmallGroup() { ::rmdir(path.c_str()); }
  void use_too_much() const {
    const pid_t child = ::fork();
    if (child == 0) {
      write_control(path + "/cgroup.procs", std::to_string(::getpid()));
      // Volatile: what nobody reads, a compiler need not write.
      for (int i = 0; i < 64; ++i)
        if (auto* p = static_cast<volatile char*>(std::malloc(1 << 20)))
          for (int byte = 0; byte < 1 << 20; byte += 4096) p[byte] = 1;
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  }
  std::string path;
  CgroupDirs dirs;
};

bool told(const OomWatch& watch, int timeout) {
  pollfd waiter{watch.fd(), watch.events(), 0};
  return ::poll(&waiter, 1, timeout) > 0 && (waiter.revents & watch.events());
}

}  // namespace

TEST_CASE("a lack of memory is told, once") {
  SKIP_IF(::geteuid() != 0, "needs root");
  const SmallGroup group;
  SKIP_IF(group.dirs.unified.empty() && group.dirs.v1.empty(), "no memory controller");
  OomWatch watch(group.dirs);
  CHECK_FALSE(told(watch, 0));
  CHECK(watch.take() == 0);
  group.use_too_much();
  CHECK(told(watch, 5000));
  CHECK(watch.take() >= 1);
  CHECK_FALSE(told(watch, 0));
  CHECK(watch.take() == 0);
  CHECK_FALSE(watch.is_gone());
  ::rmdir(group.path.c_str());
  CHECK(watch.is_gone());
  CHECK(watch.take() == 0);
}

TEST_CASE("without a group that counts memory there is nothing to watch") {
  try {
    OomWatch watch({});
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == Errc::unsupported);
  }
}
