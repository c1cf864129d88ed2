// SEC-32: a program that runs with more rights than its caller works on what is not his, and its
// messages say what is there (CVE-2017-5985, CVE-2018-6556, CVE-2022-47952). Here only newuidmap
// and newgidmap, of the distribution, are such programs.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <regex>

#include "integration/fixture.hpp"
#include "integration/oci_bundle.hpp"

using namespace tests;

TEST_CASE("SEC-32 nothing of ours has more rights than its caller") {
  for (const char* program : {CONTAINERLIB_RUNTIME, CONTAINERLIB_COMMAND}) {
    struct stat status {};
    REQUIRE(::stat(program, &status) == 0);
    CHECK((status.st_mode & 06000) == 0);
    CHECK(::getxattr(program, "security.capability", nullptr, 0) < 0);
  }
}

TEST_CASE("SEC-32 ids that are not the caller's are refused, in the same words whosever they are") {
  SKIP_IF(is_root(), "to root all ids are given");
  SKIP_IF(!has_program("newuidmap"), "no newuidmap");
  OciBundle bundle;
  bundle.configure({.args = {"echo", "ran"}});
  const std::string config = read_file(bundle.dir() / "config.json");
  std::string first;
  // root's, a system user's, another user's, nobody's.
  for (const char* id : {"0", "1", "65534", "3999999999"}) {
    const std::regex mapping(R"("hostID": \d+, "size": 1\})");
    write_file(
        bundle.dir() / "config.json",
        std::regex_replace(config, mapping, "\"hostID\": " + std::string(id) + ", \"size\": 2}"));
    const CommandResult result = bundle.runtime({"run", bundle.new_id()});
    CHECK(result.out == "");
    CHECK(result.code == 1);
    CHECK_MESSAGE(contains(result.err, "map ids by"), result.err);
    const std::string words = std::regex_replace(result.err, std::regex(R"(\d+)"), "N");
    if (first.empty()) first = words;
    CHECK(words == first);
  }
}
