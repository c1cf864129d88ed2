// The host contract: descriptors. A host may have closed its standard streams, and have thousands
// of others that a program it executes would inherit.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "integration/fixture.hpp"
#include "integration/host_state.hpp"
#include "integration/in_child.hpp"

using namespace tests;

namespace {

/// What the monitor has open, if that can be seen (it may be in another user namespace).
std::size_t descriptors_of(int pid) {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(pid) + "/fd", error), end;
       !error && it != end; it.increment(error))
    ++count;
  return count;
}

/// Descriptors a program in a container has, through run and exec: 0, 1, 2 and that of the listing.
std::string only_streams_are_inherited(cl::Runtime& runtime) {
  const cl::Image image = runtime.image("busybox");
  const std::vector<std::string> list = {"ls", "/proc/self/fd"};
  const std::string wanted = "0\n1\n2\n3\n";
  if (const auto done = runtime.run(image, {.args = list}); done.out != wanted)
    return "run: " + done.out + done.err;
  cl::Container container = runtime.start(image, {.args = {"sleep", "60"}});
  if (const auto done = container.exec(list); done.out != wanted)
    return "exec: " + done.out + done.err;
  if (const std::size_t open = descriptors_of(monitor_of(container)); open > 40)
    return "the monitor has " + std::to_string(open);
  return "";
}

}  // namespace

TEST_CASE("host descriptors: a host without standard streams, whichever it has closed") {
  Host::get();
  for (unsigned closed = 1; closed < 8; ++closed) {
    CAPTURE(closed);
    CHECK_IN_CHILD([&]() -> std::string {
      for (int fd = 0; fd < 3; ++fd)
        if (closed >> fd & 1) ::close(fd);
      {
        cl::Runtime runtime(Host::get().options());
        if (std::string wrong = only_streams_are_inherited(runtime); !wrong.empty()) return wrong;
        // The host may write to a stream that it thinks is there.
        for (int fd = 0; fd < 3; ++fd)
          if (closed >> fd & 1) (void)!::write(fd, "stray\n", 6);
        if (std::string wrong = only_streams_are_inherited(runtime); !wrong.empty())
          return "after a stray write, " + wrong;
      }
      return "";
    });
  }
}

TEST_CASE("host descriptors: up to 20,000 that are open without close-on-exec") {
  Host::get();
  CHECK_IN_CHILD([]() -> std::string {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    // Some are for the library.
    const rlim_t number = std::min<rlim_t>(20000, limit.rlim_max - 500);
    if (limit.rlim_max < 10000)
      return skip("the hard limit of descriptors is " + std::to_string(limit.rlim_max));
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    const int first = ::open("/", O_RDONLY | O_DIRECTORY);
    for (rlim_t i = 0; i < number; ++i)
      if (::dup(first) < 0) return skip("no more than " + std::to_string(i) + " descriptors");
    const auto before = inheritable_descriptors();
    {
      cl::Runtime runtime(Host::get().options());
      if (std::string wrong = only_streams_are_inherited(runtime); !wrong.empty()) return wrong;
    }
    return inheritable_descriptors() == before ? "" : "the host's own have changed";
  });
}

TEST_CASE("host descriptors: ours are closed when the last object goes") {
  Host::get();
  CHECK_IN_CHILD([]() -> std::string {
    const auto count = [] { return traces({}).descriptors; };
    const auto use = [] {
      cl::Runtime runtime(Host::get().options());
      return only_streams_are_inherited(runtime);
    };
    if (std::string wrong = use(); !wrong.empty()) return wrong;
    const auto before = count();
    for (int round = 0; round < 5; ++round)
      if (std::string wrong = use(); !wrong.empty()) return wrong;
    std::string text;
    for (const std::string& item : count())
      if (!before.contains(item)) text += item + "\n";
    return text;
  });
}
