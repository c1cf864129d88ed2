// SEC-21: a container whose entry point is /proc/self/exe runs the program that starts containers,
// and may overwrite it while it runs (CVE-2019-5736).
#include "integration/fixture.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

std::string hash_of(const fs::path& file) {
  return command({"sha256sum", "--", file}).out.substr(0, 64);
}

/// The files that run on the host's behalf: this program and the libraries it has mapped.
std::string hash_of_host() {
  std::string hashes = hash_of("/proc/" + std::to_string(::getpid()) + "/exe");
  for (const std::string& line : lines_of(read_file("/proc/self/maps"))) {
    const std::size_t path = line.find('/');
    if (path != std::string::npos && contains(line, "containerlib") && contains(line, " r-xp "))
      hashes += hash_of(line.substr(path));
  }
  return hashes;
}

}  // namespace

TEST_CASE_FIXTURE(Containers,
                  "SEC-21 /proc/self/exe as the command: the host's files are unchanged") {
  const std::string before = hash_of_host();
  for (const std::string program : {"/proc/self/exe", "/proc/1/exe", "/proc/thread-self/exe"}) {
    // It may be refused, or it may run the monitor's own program, which then has no socket: but it
    // must end, and not with success.
    auto result = runtime().try_run(busybox(), {.args = {program}, .timeout = 10s});
    if (result) CHECK_FALSE(result->status.success());
  }
  CHECK(hash_of_host() == before);
}

TEST_CASE_FIXTURE(Containers, "SEC-21 a script with #!/proc/self/exe") {
  const fs::path root = host.scratch / "script-root";
  fs::copy(host.busybox_root(), root,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  write_file(root / "bin/script", "#!/proc/self/exe\n");
  fs::permissions(root / "bin/script", fs::perms(0755));
  const cl::Image image = runtime().import(root, {.tag = "script"});
  fs::remove_all(root);
  const std::string before = hash_of_host();
  auto result = runtime().try_run(image, {.args = {"/bin/script"}, .timeout = 10s});
  if (result) CHECK_FALSE(result->status.success());
  CHECK(hash_of_host() == before);
  runtime().remove_image("script");
}

TEST_CASE_FIXTURE(Containers, "SEC-21 the program behind an exec cannot be opened for writing") {
  // A process that tries, as the exploit does, to open the executable of every process it sees,
  // while commands are exec'd beside it.
  cl::Container container =
      start({"sh", "-c",
             "while :; do for p in /proc/[0-9]*; do"
             "  case $(readlink $p/exe) in /bin/busybox|'') ;; *) readlink $p/exe;"
             "    (echo bad > $p/exe) 2>/dev/null && echo WRITTEN;; esac; done; done"});
  const std::string before = hash_of_host();
  for (int i = 0; i < 50; ++i) CHECK(container.exec({"true"}).status.success());
  container.kill();
  container.wait();
  for (const cl::LogLine& line : container.logs()) {
    CHECK_MESSAGE(line.text != "WRITTEN", line.text);
    // What it may see at most is the sealed copy in memory.
    if (!line.is_err) CHECK_MESSAGE(contains(line.text, "memfd:"), line.text);
  }
  CHECK(hash_of_host() == before);
}
