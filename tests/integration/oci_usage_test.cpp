// The words of containerlib-runtime's command line, and its messages.
#include <doctest/doctest.h>

#include "integration/oci_bundle.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

const std::string program = CONTAINERLIB_RUNTIME;

}  // namespace

TEST_CASE("options stand before or after the id, in all the ways of writing them") {
  OciBundle bundle;
  bundle.configure({.args = {"echo", "hi"}});
  const std::string dir = bundle.dir(), root = bundle.root();
  const auto prints = [&](std::vector<std::string> words) {
    words.insert(words.begin(), program);
    for (std::string& word : words)
      if (word == "ID") word = bundle.new_id();
    const CommandResult result = command(words);
    INFO(result.err);
    CHECK(result.code == 0);
    CHECK(result.out == "hi\n");
  };
  prints({"--root", root, "run", "--bundle", dir, "ID"});
  prints({"--root=" + root, "run", "ID", "-b", dir});
  prints({"--root", root, "run", "-b" + dir, "ID"});
  prints({"--root", root, "run", "-b=" + dir, "ID"});
  prints({"--root", root, "run", "--bundle=" + dir, "ID"});
  prints({"--root", root, "run", "-bundle", dir, "ID"});
  prints({"-root", root, "run", "ID", "--bundle", dir});
  prints({"--debug", "--root", root, "--rootless=auto", "run", "--no-new-keyring",
          "--no-pivot=false", "-b", dir, "--", "ID"});
  prints({"run", "--bundle", dir, "ID", "--root", root});
  CHECK(bundle.leaks() == "");
}

TEST_CASE("what nobody knows is refused, and nothing is done") {
  OciBundle bundle;
  const auto refuses = [&](const std::vector<std::string>& words, const std::string& message) {
    const CommandResult result = bundle.runtime(words);
    CHECK(result.code == 1);
    CHECK(result.out == "");
    CHECK_MESSAGE(contains(result.err, message), result.err);
  };
  refuses({"jump"}, "jump");
  refuses({"create"}, "ID");
  refuses({"create", "a", "b"}, "ID");
  refuses({"create", "--leap", "a"}, "--leap");
  refuses({"create", "-z", "a"}, "-z");
  refuses({"create", "a", "--bundle"}, "--bundle");
  refuses({"create", "a", "--bundle", "/nowhere"}, "/nowhere");
  refuses({"run", "a", "--preserve-fds", "many"}, "--preserve-fds");
  refuses({"run", "a", "--preserve-fds", "-1"}, "--preserve-fds");
  refuses({"--cgroup-manager", "none", "run", "a"}, "--cgroup-manager");
  refuses({"--log-format", "xml", "list"}, "--log-format");
  refuses({"start", "a"}, "container `a` does not exist");
  refuses({"run", "a", "--console-socket", "socket"}, "process.terminal is false");
  CHECK(bundle.leaks() == "");
}

TEST_CASE("a configuration that is none is refused by name") {
  OciBundle bundle;
  const auto refuses = [&](const std::string& config, const std::string& message) {
    write_file(bundle.dir() / "config.json", config);
    const CommandResult result = bundle.create(bundle.new_id());
    CHECK(result.code == 1);
    CHECK_MESSAGE(contains(result.err, message), result.err);
  };
  refuses("", "config.json");
  refuses("[]", "config.json");
  refuses("{", "config.json");
  refuses(R"({"ociVersion": "2.0.0"})", "ociVersion");
  refuses(R"({"ociVersion": "1.0.0", "root": {"path": "nowhere"}, "process":)"
          R"( {"cwd": "/", "args": ["true"], "user": {"uid": 0, "gid": 0}}})",
          "nowhere");
  refuses(R"({"ociVersion": "1.0.0", "root": {"path": "rootfs"}})", "process");
  CHECK(bundle.leaks() == "");
}

TEST_CASE("--help and --version") {
  CHECK(contains(command({program, "--version"}).out, "containerlib-runtime version "));
  CHECK(contains(command({program, "--version"}).out, "spec: 1."));
  const CommandResult help = command({program, "--help"});
  CHECK(help.code == 0);
  for (const char* verb : {"create", "start", "state", "kill", "delete", "exec", "features"})
    CHECK(contains(help.out, verb));
  CHECK(contains(command({program, "exec", "--help"}).out, "ID COMMAND"));
  CHECK(command({program}).code == 1);
}

TEST_CASE("errors go to standard error and to the log") {
  OciBundle bundle;
  const fs::path log = bundle.dir() / "log";
  const auto fail = [&](const std::vector<std::string>& options) {
    std::vector<std::string> words = {"--log", log};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"state", "no-container"});
    const CommandResult result = bundle.runtime(words);
    CHECK(result.code == 1);
    CHECK(result.err == "container `no-container` does not exist: No such file or directory\n");
  };
  fail({"--log-format", "json"});
  fail({"--log-format=json"});
  const std::vector<std::string> lines = lines_of(read_file(log));
  REQUIRE(lines.size() == 2);
  CHECK(json_member(lines[1], "level") == "error");
  CHECK(json_member(lines[1], "msg") ==
        "container `no-container` does not exist: No such file or directory");
  CHECK(json_member(lines[1], "time").ends_with("Z"));
  fs::remove(log);
  fail({});
  CHECK(contains(read_file(log), "level=error msg=\"container `no-container` does not exist"));
}

TEST_CASE("global options after the command's name count too") {
  OciBundle bundle;
  const fs::path log = bundle.dir() / "log";
  CHECK(command({program, "state", "no-container", "--root", bundle.root(), "--log", log}).code ==
        1);
  CHECK(contains(read_file(log), "does not exist"));
}

TEST_CASE("spec writes a configuration once, and features tells what there is") {
  OciBundle bundle;
  const CommandResult again = bundle.runtime({"spec"});
  CHECK(again.code == 1);
  CHECK(contains(again.err, "File exists"));
  fs::remove(bundle.dir() / "config.json");
  CHECK(bundle.runtime({"spec", "--bundle", bundle.dir()}, {.cwd = "/"}).code == 0);
  CHECK(json_member(read_file(bundle.dir() / "config.json"), "ociVersion").starts_with("1."));
  const std::string features = bundle.runtime({"features"}).out;
  CHECK(json_member(features, "ociVersionMin").starts_with("1."));
  CHECK(contains(features, "\"hooks\""));
}
