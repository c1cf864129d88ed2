// SEC-47: memory in /dev/shm that no limit holds, and that outlives the container which has paid
// for it (CVE-2024-3056).
#include "integration/bundle.hpp"
#include "integration/fixture.hpp"

using namespace tests;

namespace {

/// MiB of memory that file systems in memory and shared memory have, on the whole host.
long shared_memory() {
  for (const std::string& line : lines_of(read_file("/proc/meminfo")))
    if (line.starts_with("Shmem:")) return std::stol(line.substr(6)) / 1024;
  return 0;
}

/// KiB of a file system as df shows it.
constexpr const char* size = "df -k /dev/shm | tail -n 1 | awk '{print $2}'";
constexpr const char* fill =
    "dd if=/dev/zero of=/dev/shm/fill bs=1M count=1000 2>/dev/null;"
    " du -m /dev/shm/fill | cut -f 1";

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-47 /dev/shm has a size") {
  CHECK(shell(size) == "65536");
  CHECK(shell(fill) == "64");
  CHECK(shell(size, {.shm_size = 3_MiB}) == "3072");
  cl::Container container = start({"sleep", "60"});
  CHECK(without_newline(container.exec({"sh", "-c", size}).out) == "65536");
}

TEST_CASE_FIXTURE(Containers,
                  "SEC-47 every file system in memory that nobody asked for has a size") {
  const std::string mounts = shell("cat /proc/self/mountinfo");
  int found = 0;
  for (const std::string& line : lines_of(mounts)) {
    const std::size_t at = line.find(" - tmpfs ");
    if (at == std::string::npos) continue;
    ++found;
    // What hides a directory is of one inode and no block.
    const std::string options = line.substr(at);
    CHECK_MESSAGE((contains(options, "size=") || contains(options, "nr_blocks=")), line);
    CHECK_MESSAGE(!contains(options, "size=0"), line);
  }
  CHECK(found >= 2);
}

TEST_CASE_FIXTURE(Containers,
                  "SEC-47 a container that fills /dev/shm again and again leaves nothing") {
  const long before = shared_memory();
  for (int i = 0; i < 8; ++i) shell(fill);
  // Others have some too: what eight containers have filled is 512 MiB.
  CHECK(eventually([&] { return shared_memory() - before < 200; }));
}
