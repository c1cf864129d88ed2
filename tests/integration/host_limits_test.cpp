// The host contract: a host that runs under limits gets what it asks for or an Error, keeps its
// limits, and is not killed by a signal that they send.
#include <sys/resource.h>
#include <unistd.h>

#include <sstream>

#include "integration/fixture.hpp"
#include "integration/in_child.hpp"
#include "support/sanitized.hpp"

using namespace tests;

namespace {

rlim_t address_space() {
  rlim_t pages = 0;
  std::istringstream(read_file("/proc/self/statm")) >> pages;
  return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

/// Sets a soft limit for as long as it lives.
class SoftLimit {
 public:
  SoftLimit(__rlimit_resource resource, rlim_t value) : resource_(resource) {
    ::getrlimit(resource, &before_);
    const rlimit limit{std::min(value, before_.rlim_max), before_.rlim_max};
    ::setrlimit(resource, &limit);
  }
  SoftLimit(const SoftLimit&) = delete;
  ~SoftLimit() { ::setrlimit(resource_, &before_); }

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

std::string works(cl::Runtime& runtime) {
  const cl::Image image = runtime.image("busybox");
  if (runtime.run(image, {.args = {"echo", "a"}}).out != "a\n") return "run: wrong output";
  cl::Container container = runtime.start(image, {.args = {"sleep", "60"}});
  if (!container.exec({"true"}).status.success()) return "exec failed";
  return container.stop(0ms).shell_code() == 137 ? "" : "stop: wrong status";
}

std::string under_limit(cl::Runtime& runtime, __rlimit_resource resource, rlim_t value) {
  try {
    const SoftLimit limit(resource, value);
    return works(runtime);
  } catch (const cl::Error&) {
  } catch (const std::bad_alloc&) {
  }
  return "";
}

/// Under the limit a use of the library works or is refused, without it it works again, and nothing
/// is left of what was refused halfway.
std::string refuses_or_works(__rlimit_resource resource, rlim_t value) {
  const Host& host = Host::get();
  const Traces before = traces({host.root, host.run_root});
  {
    cl::Runtime runtime(host.options());
    if (std::string wrong = under_limit(runtime, resource, value); !wrong.empty())
      return "under the limit, " + wrong;
    if (std::string wrong = works(runtime); !wrong.empty()) return wrong;
  }
  // To remove takes descriptors too: the next open does what could not be done.
  (void)cl::Runtime(host.options());
  return left_since(before, {host.root, host.run_root});
}

}  // namespace

TEST_CASE("host limits: RLIMIT_AS, from too little to enough") {
  SKIP_IF(sanitized, "the shadow memory of a sanitizer is larger than any limit");
  Host::get();
  for (const rlim_t more : {rlim_t{0}, rlim_t{64} << 10, rlim_t{1} << 20, rlim_t{16} << 20}) {
    CAPTURE(more);
    CHECK_IN_CHILD([&] { return refuses_or_works(RLIMIT_AS, address_space() + more); });
  }
  CHECK_IN_CHILD([]() -> std::string {
    cl::Runtime runtime(Host::get().options());
    const SoftLimit limit(RLIMIT_AS, address_space() + (rlim_t{256} << 20));
    return works(runtime);
  });
}

TEST_CASE("host limits: RLIMIT_NPROC that is used up") {
  Host::get();
  CHECK_IN_CHILD([] { return refuses_or_works(RLIMIT_NPROC, 1); });
  CHECK_IN_CHILD([]() -> std::string {
    const SoftLimit limit(RLIMIT_NPROC, 1);
    cl::Runtime runtime(Host::get().options());
    const auto result = runtime.try_run(runtime.image("busybox"), {.args = {"true"}});
    // The kernel does not count the processes of root.
    if (is_root()) return result ? "" : result.error().what();
    return result || result.error().code() == std::errc::resource_unavailable_try_again
               ? ""
               : result.error().what();
  });
}

TEST_CASE("host limits: RLIMIT_NOFILE, from too little to enough") {
  SKIP_IF(sanitized, "a sanitizer takes what it cannot look at for damage, and looks with a pipe");
  Host::get();
  for (rlim_t limit = 3; limit < 64; limit += 6) {
    CAPTURE(limit);
    CHECK_IN_CHILD([&] { return refuses_or_works(RLIMIT_NOFILE, limit); });
  }
}

TEST_CASE("host limits: a log that grows over RLIMIT_FSIZE ends, the container goes on") {
  Host::get();
  CHECK_IN_CHILD([]() -> std::string {
    const SoftLimit limit(RLIMIT_FSIZE, 4 << 20);
    cl::Runtime runtime(Host::get().options());
    const auto write_much = "head -c 8000000 /dev/zero | tr '\\0' 'x'; exit 3";
    cl::Container container =
        runtime.start(runtime.image("busybox"), {.args = {"sh", "-c", write_much}});
    const cl::ExitStatus status = container.wait();
    if (status.code != 3) return status.message();
    std::size_t lines = 0;
    for (const cl::LogLine& line : container.logs()) lines += !line.text.empty();
    return lines > 0 ? "" : "no log at all";
  });
}
