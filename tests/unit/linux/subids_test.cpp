#include "linux/subids.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "base/error.hpp"
#include "support/skip.hpp"
#include "temporary_directory.hpp"

using namespace containerlib;
using namespace containerlib::sys;

namespace {

const std::vector<IdRange> two_leases = {{100000, 2 * lease_size}};

Errc lease_failure(const std::string& directory, const std::vector<IdRange>& pool) {
  try {
    acquire_id_range(directory, pool);
  } catch (const Error& error) {
    return static_cast<Errc>(error.code().value());
  }
  return {};
}

}  // namespace

TEST_CASE("subordinate ids by name or number, malformed lines left out") {
  const auto ranges = parse_subids(
      "ann:100000:65536\n"
      "bob:165536:65536\n"
      "1000:300000:10\n"
      "ann:1\n"
      "ann:1:0\n"
      "ann:-1:5\n"
      "ann:x:5\n"
      "ann:4294967294:1\n"
      "ann:4294967294:2\n"
      "ann:4294967295:1\n"
      "ann:0:4294967296\n"
      "ann:9:9:9\n",
      "ann", 1000);
  REQUIRE(ranges.size() == 3);
  CHECK(ranges[0].first == 100000);
  CHECK(ranges[0].count == 65536);
  CHECK(ranges[1].first == 300000);
  CHECK(ranges[2].first == 4294967294u);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "ann:1:1\n";
  CHECK(parse_subids(many, "ann", 1000).size() == 1024);
  CHECK(parse_subids("ann:1:1\n", "", 1000).empty());
}

TEST_CASE("leases do not overlap, and end with the last copy of the lock") {
  const TemporaryDirectory directory;
  const std::string locks = directory.path("run/ranges");
  IdRangeLease first = acquire_id_range(locks, two_leases);
  const IdRangeLease second = acquire_id_range(locks, two_leases);
  CHECK(first.count == lease_size);
  CHECK(std::set{first.first, second.first} == std::set{100000u, 100000u + lease_size});
  CHECK(lease_failure(locks, two_leases) == Errc::in_use);

  Fd copy(::fcntl(first.lock.get(), F_DUPFD_CLOEXEC, 0));
  first.lock.reset();
  CHECK(lease_failure(locks, two_leases) == Errc::in_use);
  copy.reset();
  CHECK(acquire_id_range(locks, two_leases).first == first.first);

  struct stat status;
  REQUIRE(::stat(locks.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("leases do not pile up files") {
  const TemporaryDirectory directory;
  const std::string locks = directory.path("ranges");
  for (int i = 0; i < 20; ++i) acquire_id_range(locks, {{100000, 100 * lease_size}});
  const std::filesystem::directory_iterator files(locks);
  CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("a pool without room for a lease") {
  const TemporaryDirectory directory;
  CHECK(lease_failure(directory.path("l"), {{1, lease_size - 1}}) == Errc::unsupported);
  CHECK(lease_failure(directory.path("l"), {}) == Errc::unsupported);
}

TEST_CASE("the built-in pool is 4096 leases above all users") {
  const auto pool = id_pool();
  REQUIRE_FALSE(pool.empty());
  if (pool[0].first == 0x70000000) CHECK(pool[0].count == 4096u * lease_size);
}

TEST_CASE("no lease has an id that is given to a user") {
  const IdRange whole = {10 * lease_size, 6 * lease_size};
  const auto all = free_leases(whole, "ann:1:100\n");
  REQUIRE(all.size() == 1);
  CHECK(all[0].first == whole.first);
  CHECK(all[0].count == whole.count);
  // The last id of the first lease and the first of the second; one in the middle; the rest of all.
  const std::string lines = std::to_string(11 * lease_size - 1) + ":2\n" +
                            "bob:" + std::to_string(13 * lease_size + 5) + ":1\n";
  const auto some = free_leases(whole, "ann:" + lines);
  REQUIRE(some.size() == 2);
  CHECK(some[0].first == 12 * lease_size);
  CHECK(some[0].count == lease_size);
  CHECK(some[1].first == 14 * lease_size);
  CHECK(some[1].count == 2 * lease_size);
  CHECK(free_leases(whole, "ann:0:4294967294\n").empty());
}

TEST_CASE("SEC-13 a lock or directory that others may touch is refused") {
  const TemporaryDirectory directory;
  const std::vector<IdRange> one = {{100000, lease_size}};

  directory.make_directory("target");
  directory.link(directory.path("target"), "link");
  CHECK_THROWS_AS(acquire_id_range(directory.path("link"), one), Error);

  const std::string open = directory.make_directory("open");
  REQUIRE(::chmod(open.c_str(), 0777) == 0);
  CHECK(lease_failure(open, one) == Errc::not_permitted);

  directory.write("outside", "kept");
  directory.link("../outside", "locks/leases");
  CHECK_THROWS_AS(acquire_id_range(directory.path("locks"), one), Error);
  CHECK(directory.read("outside") == "kept");

  SKIP_IF(::geteuid() != 0, "the other owner needs root");
  const std::string foreign = directory.make_directory("foreign");
  REQUIRE(::chown(foreign.c_str(), 1234, 1234) == 0);
  CHECK(lease_failure(foreign, one) == Errc::not_permitted);
}
