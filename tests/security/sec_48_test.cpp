// SEC-48: the host's environment is no business of a container, nor is one container's of another.
#include <stdlib.h>

#include "integration/fixture.hpp"
#include "integration/oci_bundle.hpp"

using namespace tests;

namespace {

constexpr const char* canary = "CANARY_OF_THE_HOST";

/// A hundred variables of the host, while it lives.
class Canaries {
 public:
  Canaries() {
    for (int i = 0; i < 100; ++i) ::setenv(name(i).c_str(), canary, 1);
  }
  ~Canaries() {
    for (int i = 0; i < 100; ++i) ::unsetenv(name(i).c_str());
  }

 private:
  static std::string name(int i) { return "HOST_" + std::to_string(i); }
};

// The environment of every process the container sees, and its command lines.
const Args look = {"sh", "-c",
                   "env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'"};

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-48 nothing of the host's environment is seen by run or exec") {
  const Canaries canaries;
  cl::Runtime own(host.options());  // its monitor starts while the canaries are there
  const cl::Image image = own.image("busybox");
  CHECK_FALSE(contains(own.run(image, {.args = look}).check().out, "HOST_"));
  cl::Container container = own.start(image, {.args = {"sleep", "60"}});
  const std::string seen = container.exec(look).check().out;
  CHECK(contains(seen, "PATH="));
  CHECK_FALSE(contains(seen, "HOST_"));
  CHECK_FALSE(contains(seen, canary));
}

TEST_CASE_FIXTURE(Containers, "SEC-48 one container's variables are not another's") {
  cl::Container first = start({"sleep", "60"}, {.env = {{"SECRET", canary}}});
  CHECK(contains(first.exec({"env"}).out, canary));
  CHECK(contains(first.exec({"env"}, {.env = {{"MORE", "x"}}}).out, "MORE=x"));
  CHECK_FALSE(contains(first.exec({"env"}).out, "MORE"));
  CHECK_FALSE(contains(run(look).out, canary));
}

TEST_CASE(
    "SEC-48 nothing of the caller's environment is seen by a bundle's process, exec or hook") {
  const Canaries canaries;
  OciBundle bundle;
  const std::filesystem::path seen = bundle.dir() / "hook";
  const std::string hook =
      R"(, "hooks": {"createRuntime": [{"path": "/bin/sh", "args": ["sh", "-c", "env >)" +
      seen.string() + R"(; echo done >>)" + seen.string() + R"("]}]})";
  bundle.configure({.args = look, .members = hook});
  const CommandResult made = bundle.runtime({"run", bundle.new_id()});
  REQUIRE_MESSAGE(made.code == 0, made.err);
  CHECK(contains(made.out, "PATH="));
  CHECK_FALSE(contains(made.out, "HOST_"));
  CHECK(contains(read_file(seen), "done"));
  CHECK_FALSE(contains(read_file(seen), "HOST_"));
  bundle.configure();
  const std::string id = bundle.running();
  Args words = {"exec", id};
  words.insert(words.end(), look.begin(), look.end());
  const std::string added = bundle.runtime(words).out;
  CHECK(contains(added, "PATH="));
  CHECK_FALSE(contains(added, "HOST_"));
  bundle.remove(id);
}
