// Several commands at the same time.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "integration/oci_bundle.hpp"
#include "support/skip.hpp"

using namespace tests;

namespace {

constexpr int many = 8;

/// Runs it in as many threads at once; what each has returned.
std::vector<int> at_once(const std::function<int(int)>& work) {
  std::vector<int> results(many);
  std::vector<std::thread> threads;
  for (int i = 0; i < many; ++i)
    threads.emplace_back([&, i] { results[std::size_t(i)] = work(i); });
  for (std::thread& thread : threads) thread.join();
  return results;
}

/// Like OciBundle::detached(), which uses the same files for all.
int quiet(const OciBundle& bundle, const std::vector<std::string>& words) {
  std::vector<std::string> args = {"sh", "-c", R"(exec "$@" </dev/null >/dev/null 2>&1)", "sh"};
  const std::vector<std::string> line = bundle.line(words);
  args.insert(args.end(), line.begin(), line.end());
  return command(args, {.cwd = bundle.dir()}).code;
}

}  // namespace

TEST_CASE("of many that create the same id exactly one wins") {
  OciBundle bundle;
  for (int round = 0; round < 5; ++round) {
    const std::string id = bundle.new_id();
    const std::vector<int> codes = at_once([&](int) { return quiet(bundle, {"create", id}); });
    CHECK(std::count(codes.begin(), codes.end(), 0) == 1);
    CHECK(std::count(codes.begin(), codes.end(), 1) == many - 1);
    CHECK(bundle.status(id) == "created");
    const std::vector<int> started = at_once([&](int) { return quiet(bundle, {"start", id}); });
    CHECK(std::count(started.begin(), started.end(), 0) == 1);
    CHECK(bundle.status(id) == "running");
    const std::vector<int> deleted = at_once([&](int) {
      return quiet(bundle, {"delete", "--force", id});
    });
    CHECK(std::count(deleted.begin(), deleted.end(), 0) == many);
    CHECK(bundle.status(id) == "");
  }
  CHECK(bundle.leaks() == "");
}

TEST_CASE("many containers at the same time do not disturb each other") {
  OciBundle bundle;
  std::vector<std::string> ids;
  for (int i = 0; i < many; ++i) ids.push_back(bundle.new_id());
  const std::vector<int> failures = at_once([&](int i) {
    const std::string& id = ids[std::size_t(i)];
    int failed = 0;
    for (int round = 0; round < 4; ++round) {
      failed += quiet(bundle, {"create", id}) != 0;
      failed += quiet(bundle, {"start", id}) != 0;
      failed += quiet(bundle, {"exec", id, "true"}) != 0;
      failed += quiet(bundle, {"list"}) != 0;
      failed += quiet(bundle, {"delete", "--force", id}) != 0;
      failed += quiet(bundle, {"run", id, "--detach"}) != 0;
      failed += quiet(bundle, {"delete", "--force", id}) != 0;
    }
    return failed;
  });
  CHECK(failures == std::vector<int>(many, 0));
  CHECK(bundle.leaks() == "");
}

TEST_CASE("create, start and delete of one id at the same time leave nothing") {
  OciBundle bundle;
  const std::string id = bundle.new_id();
  at_once([&](int i) {
    for (int round = 0; round < 10; ++round) {
      if (i % 3 == 0) quiet(bundle, {"create", id});
      if (i % 3 == 1) quiet(bundle, {"start", id});
      if (i % 3 == 2) CHECK(quiet(bundle, {"delete", "--force", id}) == 0);
    }
    return 0;
  });
  CHECK(bundle.runtime({"delete", "--force", id}).code == 0);
  CHECK(bundle.leaks() == "");
}
