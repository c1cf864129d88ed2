// SEC-22: descriptors of the host that leak into a container lead to the host's files; a working
// directory of /proc/self/fd/N does so by name (CVE-2024-21626).
#include <fcntl.h>
#include <unistd.h>

#include "integration/oci_bundle.hpp"
#include "security/attack.hpp"

using namespace tests;

namespace {

/// Fifty directories of the host, open without close-on-exec as careless hosts have them.
class OpenDirectories {
 public:
  OpenDirectories() {
    for (int i = 0; i < 50; ++i) fds_.emplace_back(::open("/etc", O_RDONLY | O_DIRECTORY));
  }

 private:
  std::vector<cl::Fd> fds_;
};

/// Refused, or the directory is one of the container: never one of the host.
void stays_inside(cl::Result<cl::Completed> result, const std::string& what) {
  if (!result) return;
  CHECK_MESSAGE(!contains(result->out, "shadow"), what << ": " << result->out);
  CHECK_MESSAGE(!contains(result->out, "(unreachable)"), what);
}

/// The three standard streams are closed, so that what is opened next takes their numbers.
class ClosedStreams {
 public:
  ClosedStreams() {
    for (int fd = 0; fd < 3; ++fd) {
      saved_[fd] = ::fcntl(fd, F_DUPFD_CLOEXEC, 100);
      ::close(fd);
    }
  }
  ~ClosedStreams() {
    for (int fd = 0; fd < 3; ++fd) {
      ::dup2(saved_[fd], fd);
      ::close(saved_[fd]);
    }
  }
  ClosedStreams(const ClosedStreams&) = delete;

 private:
  int saved_[3];
};

constexpr const char* look = "pwd; ls -a . .. ../.. 2>&1";

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-22 no descriptor of the host is inherited") {
  const OpenDirectories open;
  // The three streams, and the one that lists.
  CHECK(shell("ls /proc/self/fd") == "0\n1\n2\n3");
  cl::Container container = start({"sleep", "60"});
  CHECK(container.exec({"ls", "/proc/self/fd"}).out == "0\n1\n2\n3\n");
  CHECK(container.exec({"ls", "/proc/1/fd"}).out == "0\n1\n2\n");
}

TEST_CASE_FIXTURE(Containers, "SEC-22 a working directory under /proc/self/fd") {
  const OpenDirectories open;
  cl::Container container = start({"sleep", "60"});
  for (int fd = 3; fd <= 60; ++fd) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    stays_inside(runtime().try_run(busybox(), {.args = {"sh", "-c", look}, .cwd = path}), path);
    if (fd % 4 == 0) stays_inside(container.try_exec({"sh", "-c", look}, {.cwd = path}), path);
  }
  stays_inside(runtime().try_run(busybox(), {.args = {"sh", "-c", look}, .cwd = "/proc/1/cwd/.."}),
               "/proc/1/cwd/..");
}

TEST_CASE("SEC-22 a working directory under /proc/self/fd, with the OCI command") {
  const OpenDirectories open;
  OciBundle bundle;
  bundle.configure();
  const std::string running = bundle.running();
  const auto stays = [](const CommandResult& result, const std::string& what) {
    if (result.code != 0) return;
    for (const char* sign : {"shadow", "(unreachable)", "config.json", "state.json", "upper"})
      CHECK_MESSAGE(!contains(result.out, sign), what << ": " << result.out);
  };
  for (int fd = 3; fd <= 60; ++fd) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    bundle.configure({.args = {"sh", "-c", look}});
    std::string config = read_file(bundle.dir() / "config.json");
    const std::string cwd = R"("cwd": "/")";
    config.replace(config.find(cwd), cwd.size(), R"("cwd": ")" + path + '"');
    write_file(bundle.dir() / "config.json", config);
    stays(bundle.runtime({"run", bundle.new_id()}), "run " + path);
    stays(bundle.runtime({"exec", "--cwd", path, running, "sh", "-c", look}), "exec " + path);
  }
  bundle.remove(running);
}

TEST_CASE("SEC-22 no descriptor of the OCI command's caller is inherited") {
  OciBundle bundle;
  bundle.configure({.args = {"ls", "/proc/self/fd"}});
  const std::string none = "0\n1\n2\n3\n";
  const auto run = [&](const Args& words) {
    Args args = bundle.line(words);
    args.insert(args.begin(), {"sh", "-c", "exec 4</etc 5</etc 9</; exec \"$@\"", "sh"});
    return command(args, {.cwd = bundle.dir()}).out;
  };
  CHECK(run({"run", bundle.new_id()}) == none);
  bundle.configure();
  const std::string id = bundle.running();
  CHECK(run({"exec", id, "ls", "/proc/self/fd"}) == none);
  bundle.remove(id);
}

TEST_CASE_FIXTURE(Containers, "SEC-22 a command under /proc/self/fd") {
  const cl::Fd host_program(::open("/bin/busybox", O_RDONLY));
  for (int fd = 3; fd <= 20; ++fd) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    auto result = runtime().try_run(busybox(), {.args = {path, "echo"}, .timeout = 10s});
    if (result) CHECK_MESSAGE(!result->status.success(), path);
  }
}

TEST_CASE_FIXTURE(Containers, "SEC-22 a symlinked working directory of the image") {
  const OpenDirectories open;
  const HostileImage image(*this, [](const std::filesystem::path& root) {
    for (int fd = 3; fd <= 30; ++fd)
      std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(fd),
                                      root / ("cwd" + std::to_string(fd)));
  });
  cl::Container container = runtime().start(image, {.args = {"sleep", "60"}});
  for (int fd = 3; fd <= 30; fd += 3) {
    const std::string path = "/cwd" + std::to_string(fd);
    stays_inside(container.try_exec({"sh", "-c", look}, {.cwd = path}), "exec " + path);
    stays_inside(runtime().try_run(image, {.args = {"sh", "-c", look}, .cwd = path}), path);
  }
}

TEST_CASE_FIXTURE(Containers,
                  "SEC-22 streams that the host has closed are not the library's files") {
  const auto shared = host.scratch / "shared";
  std::filesystem::create_directory(shared);
  const std::string list =
      "for fd in 0 1 2; do a=\"$a $(readlink /proc/$$/fd/$fd)\"; done; echo $a >/given/";
  const std::vector<cl::Mount> mounts = {{.source = shared, .target = "/given", .writable = true}};
  const cl::Stream own = cl::Stream::inherit();
  close();
  {
    const ClosedStreams closed;
    cl::Runtime runtime(host.options());
    const cl::Image image = runtime.image("busybox");
    runtime.run(
        image,
        {.args = {"sh", "-c", list + "run"}, .mounts = mounts, .in = own, .out = own, .err = own});
    cl::Container container = runtime.start(image, {.args = {"sleep", "60"}, .mounts = mounts});
    container.exec({"sh", "-c", list + "exec"}, {.in = own, .out = own, .err = own});
  }
  const std::string nothing = "/dev/null /dev/null /dev/null\n";
  CHECK(read_file(shared / "run") == nothing);
  CHECK(read_file(shared / "exec") == nothing);
  std::filesystem::remove_all(shared);
}
