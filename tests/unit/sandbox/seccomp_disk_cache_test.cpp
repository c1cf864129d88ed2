#include "sandbox/seccomp/disk_cache.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace containerlib;
using namespace containerlib::sandbox;
namespace fs = std::filesystem;

namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/seccomp-cache-XXXXXX";
    REQUIRE(mkdtemp(name));
    path_ = name;
  }
  ~TemporaryDirectory() { fs::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

oci::SeccompProfile profile_with(std::uint32_t errnum) {
  oci::SeccompProfile profile;
  profile.default_action = "SCMP_ACT_ALLOW";
  profile.syscalls = {{.names = {"mount", "unheard_of"},
                       .action = "SCMP_ACT_ERRNO",
                       .errno_ret = errnum,
                       .args = {{0, 1, 2, "SCMP_CMP_EQ"}}}};
  return profile;
}

std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory)) found.push_back(entry.path());
  return found;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// The one entry of a new cache.
fs::path fill(const fs::path& directory, const oci::SeccompProfile& profile) {
  cached_seccomp_program(directory, profile);
  REQUIRE(entries(directory).size() == 1);
  return entries(directory).front();
}

/// Makes the cache's entry that of another profile, without regard to what is in it.
void exchange(const fs::path& directory, const fs::path& entry) {
  const TemporaryDirectory other;
  write(entry, content(fill(other.path() / "cache", profile_with(99))));
  REQUIRE(entries(directory).size() == 1);
}

void check_compiled(const fs::path& directory, const oci::SeccompProfile& profile) {
  const SeccompProgram expected = compile_seccomp_program(profile);
  const SeccompProgram program = cached_seccomp_program(directory, profile);
  CHECK(program.bytes == expected.bytes);
  CHECK(program.unknown == expected.unknown);
}

/// An entry that is valid and says that everything is allowed: the filter of an attacker.
void poison(const fs::path& entry) {
  std::string bytes = content(entry);
  const std::uint32_t allow = 0x7fff0000, refuse = 0x00050007;
  const std::string from(reinterpret_cast<const char*>(&refuse), 4);
  const std::string to(reinterpret_cast<const char*>(&allow), 4);
  const std::size_t at = bytes.rfind(from);
  REQUIRE(at != bytes.npos);
  bytes.replace(at, 4, to);
  std::uint64_t checksum = 0xcbf29ce484222325;
  for (const char byte : bytes.substr(16))
    checksum = (checksum ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3;
  std::memcpy(bytes.data() + 8, &checksum, 8);
  write(entry, bytes);
}

bool is_compiled(const fs::path& directory) {
  return cached_seccomp_program(directory, profile_with(7)).bytes ==
         compile_seccomp_program(profile_with(7)).bytes;
}

}  // namespace

TEST_CASE("a cached program is the compiled one, in a directory only we can use") {
  const TemporaryDirectory tmp;
  const fs::path directory = tmp.path() / ".cache" / "seccomp";
  check_compiled(directory, profile_with(7));
  struct stat status;
  REQUIRE(stat(directory.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  REQUIRE(entries(directory).size() == 1);
  REQUIRE(stat(entries(directory).front().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  check_compiled(directory, profile_with(7));
  check_compiled(directory, profile_with(8));
  CHECK(entries(directory).size() == 2);
}

TEST_CASE("a hit is read, not compiled") {
  const TemporaryDirectory tmp;
  poison(fill(tmp.path() / "c", profile_with(7)));
  CHECK_FALSE(is_compiled(tmp.path() / "c"));
}

TEST_CASE("a damaged, cut off or foreign entry is compiled anew and replaced") {
  const TemporaryDirectory tmp;
  const fs::path directory = tmp.path() / "c";
  const oci::SeccompProfile profile = profile_with(7);
  const fs::path entry = fill(directory, profile);
  const std::string good = content(entry);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, std::size_t{39}, good.size() - 1}) {
    write(entry, good.substr(0, size));
    check_compiled(directory, profile);
    CHECK(content(entry) == good);
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write(entry, bad);
    check_compiled(directory, profile);
    CHECK(content(entry) == good);
  }
  exchange(directory, entry);  // as if two keys had one name
  check_compiled(directory, profile);
  CHECK(content(entry) == good);
}

TEST_CASE("SEC-28 what others could have written is not used") {
  const TemporaryDirectory tmp;
  const fs::path directory = tmp.path() / "c";
  const fs::path entry = fill(directory, profile_with(7));
  poison(entry);
  REQUIRE_FALSE(is_compiled(directory));
  SUBCASE("a file that others may write") { REQUIRE(chmod(entry.c_str(), 0602) == 0); }
  SUBCASE("a file that its group may write") { REQUIRE(chmod(entry.c_str(), 0620) == 0); }
  SUBCASE("a directory that others may write") { REQUIRE(chmod(directory.c_str(), 0702) == 0); }
  SUBCASE("a directory that its group may write") { REQUIRE(chmod(directory.c_str(), 0720) == 0); }
  SUBCASE("a symlink to the directory") {
    fs::rename(directory, tmp.path() / "d");
    fs::create_directory_symlink("d", directory);
  }
  SUBCASE("a symlink to the file") {
    fs::rename(entry, tmp.path() / "e");
    fs::create_symlink(tmp.path() / "e", entry);
  }
  SUBCASE("somebody else's file") {
    if (geteuid() != 0) return;
    REQUIRE(chown(entry.c_str(), 12345, 0) == 0);
  }
  SUBCASE("somebody else's directory") {
    if (geteuid() != 0) return;
    REQUIRE(chown(directory.c_str(), 12345, 0) == 0);
  }
  CHECK(is_compiled(directory));
}

TEST_CASE("a FIFO in the place of an entry does not stop it") {
  const TemporaryDirectory tmp;
  const fs::path directory = tmp.path() / "c";
  const fs::path entry = fill(directory, profile_with(7));
  fs::remove(entry);
  REQUIRE(mkfifo(entry.c_str(), 0600) == 0);
  check_compiled(directory, profile_with(7));
}

TEST_CASE("the oldest entries go") {
  const TemporaryDirectory tmp;
  for (std::uint32_t errnum = 1; errnum <= 80; ++errnum)
    cached_seccomp_program(tmp.path() / "c", profile_with(errnum));
  CHECK(entries(tmp.path() / "c").size() == 64);
  const auto before = entries(tmp.path() / "c");
  cached_seccomp_program(tmp.path() / "c", profile_with(80));
  auto after = entries(tmp.path() / "c");
  CHECK(std::is_permutation(before.begin(), before.end(), after.begin(), after.end()));
}

TEST_CASE("processes that fill the cache at the same time all get their programs") {
  const TemporaryDirectory tmp;
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      bool good = true;
      for (std::uint32_t round = 0; round < 100; ++round) {
        const oci::SeccompProfile profile = profile_with(1 + round % 5);
        good = good && cached_seccomp_program(tmp.path() / "c", profile).bytes ==
                           compile_seccomp_program(profile).bytes;
        if (round % 10 == 0) {
          std::error_code gone;
          fs::remove_all(tmp.path() / "c", gone);
        }
      }
      _exit(good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
  }
}
