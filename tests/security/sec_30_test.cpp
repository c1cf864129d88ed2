// SEC-30: a control socket in the abstract namespace belongs to the network namespace, and a
// container with the host's can connect to it (CVE-2020-15257).
#include <sys/stat.h>

#include "integration/bundle.hpp"
#include "integration/fixture.hpp"
#include "integration/oci_bundle.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// Names of the library's sockets without a file, among those that /proc/net/unix shows.
std::string abstract_sockets(const std::string& table) {
  std::string out;
  for (const std::string& line : lines_of(table)) {
    const std::size_t at = line.find(" @");
    if (at != std::string::npos && contains(line.substr(at), "containerlib")) out += line + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(Containers,
                  "SEC-30 with the host's network no control socket can be connected to") {
  OciBundle bundle;
  const std::string id = bundle.new_id();
  REQUIRE(bundle.create(id).code == 0);  // it has a socket, on which it waits for its start
  cl::Container container = start({"sleep", "60"}, {.network = cl::Network::host});
  const std::string table = container.exec({"cat", "/proc/net/unix"}).out;
  CHECK(contains(table, "Path"));
  CHECK(abstract_sockets(table) == "");
  CHECK(abstract_sockets(read_file("/proc/net/unix")) == "");
  bundle.remove(id);
}

TEST_CASE("SEC-30 the socket of a created container is the caller's alone") {
  OciBundle bundle;
  const std::string id = bundle.new_id();
  REQUIRE(bundle.create(id).code == 0);
  struct stat status {};
  REQUIRE(::stat((bundle.root() / id).c_str(), &status) == 0);
  CHECK((status.st_mode & 077) == 0);
  REQUIRE(::lstat((bundle.root() / id / "start").c_str(), &status) == 0);
  CHECK(S_ISSOCK(status.st_mode));
  bundle.remove(id);
}
