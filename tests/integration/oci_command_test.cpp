// The life of a container by the command containerlib-runtime.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include "integration/oci_bundle.hpp"
#include "support/skip.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

bool is_root() { return ::geteuid() == 0; }

OciConfig script(const std::string& text) { return {.args = {"sh", "-c", text}}; }

/// "hooks" with one of a kind, which is a shell's script on the host.
std::string hook(const std::string& kind, const std::string& text) {
  return R"(, "hooks": {")" + kind + R"(": [{"path": "/bin/sh", "args": ["sh", "-c", )" +
         quoted(text) + "]}]}";
}

bool ends(const OciBundle& bundle, const std::string& id) {
  return eventually([&] { return bundle.status(id) == "stopped"; });
}

}  // namespace

TEST_CASE("a container is created, started, ended by a signal, and deleted") {
  OciBundle bundle;
  bundle.configure({.members = R"(, "annotations": {"a.key": "a text"})"});
  const std::string id = bundle.new_id();
  CHECK(bundle.status(id) == "");
  const CommandResult created = bundle.detached({"create", "--pid-file", "pid", id});
  REQUIRE_MESSAGE(created.code == 0, created.err);
  const std::string state = bundle.runtime({"state", id}).out;
  CHECK(json_member(state, "ociVersion") == "1.2.0");
  CHECK(json_member(state, "id") == id);
  CHECK(json_member(state, "status") == "created");
  CHECK(json_member(state, "bundle") == fs::canonical(bundle.dir()).string());
  CHECK(json_member(state, "pid") == read_file(bundle.dir() / "pid"));
  CHECK(json_member(state, "a.key") == "a text");
  CHECK(bundle.runtime({"start", id}).code == 0);
  CHECK(bundle.status(id) == "running");
  const CommandResult again = bundle.runtime({"start", id});
  CHECK(again.code == 1);
  CHECK(contains(again.err, "cannot start a container that is running"));
  CHECK(bundle.runtime({"kill", id, "KILL"}).code == 0);
  CHECK(ends(bundle, id));
  CHECK_FALSE(
      contains(bundle.runtime({"state", id}).out, "\"pid\":" + read_file(bundle.dir() / "pid")));
  const CommandResult late = bundle.runtime({"kill", id, "KILL"});
  CHECK(late.code == 1);
  CHECK(contains(late.err, "container not running"));
  CHECK(bundle.runtime({"delete", id}).code == 0);
  const CommandResult gone = bundle.runtime({"state", id});
  CHECK(gone.code == 1);
  CHECK(gone.out == "");
  CHECK(contains(gone.err, "does not exist"));
  CHECK(bundle.leaks() == "");
}

TEST_CASE("delete refuses a running container, but removes one that was not started") {
  OciBundle bundle;
  const std::string id = bundle.running();
  const CommandResult refused = bundle.runtime({"delete", id});
  CHECK(refused.code == 1);
  CHECK(contains(refused.err, "cannot delete a container that is running"));
  CHECK(bundle.status(id) == "running");
  bundle.remove(id);
  const std::string created = bundle.new_id();
  REQUIRE(bundle.create(created).code == 0);
  CHECK(bundle.runtime({"delete", created}).code == 0);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("kill and delete --regex take all that match") {
  OciBundle bundle;
  bundle.configure();
  const std::string one = bundle.running(), other = bundle.running();
  const std::string common = one.substr(0, one.find_last_not_of("0123456789") + 1);
  CHECK(bundle.runtime({"kill", "--regex", "(", "KILL"}).code == 1);
  CHECK(bundle.runtime({"delete", "--force", "--regex", "^" + one + "$"}).code == 0);
  CHECK(bundle.status(one) == "");
  CHECK(bundle.status(other) == "running");
  CHECK(bundle.runtime({"delete", "--force", "--regex", "^" + common}).code == 0);
  CHECK(bundle.status(other) == "");
}

TEST_CASE("delete --force is content when there is no container, and takes several") {
  OciBundle bundle;
  const std::string id = bundle.running(), other = bundle.running();
  CHECK(bundle.runtime({"delete", "--force", id, other}).code == 0);
  CHECK(bundle.runtime({"delete", "--force", id}).code == 0);
  CHECK(bundle.runtime({"delete", id}).code == 1);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("an id is used once, and is a file's name") {
  OciBundle bundle;
  const std::string id = bundle.running();
  const CommandResult second = bundle.create(id);
  CHECK(second.code == 1);
  CHECK(contains(second.err, "exists"));
  CHECK(bundle.status(id) == "running");
  for (const std::string bad :
       {"", ".", "..", "../x", "a/b", ".hidden", "a b", "a\nb", "\xc3\xa4"}) {
    CAPTURE(bad);
    CHECK(bundle.create(bad).code == 1);
    CHECK(bundle.runtime({"state", bad}).code == 1);
    CHECK(bundle.runtime({"delete", "--force", bad}).code == 1);
  }
  CHECK(bundle.create(std::string(256, 'a')).code == 1);
  bundle.remove(id);
  const std::string strange = bundle.new_id() + "_+-.:@%";
  CHECK(bundle.create(strange).code == 0);
  bundle.remove(strange);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("run ends as its program does") {
  OciBundle bundle;
  const auto code_of = [&](const OciConfig& config) {
    bundle.configure(config);
    return bundle.runtime({"run", bundle.new_id()}).code;
  };
  CHECK(code_of(script("exit 0")) == 0);
  CHECK(code_of(script("exit 3")) == 3);
  CHECK(code_of(script("exit 255")) == 255);
  CHECK(code_of({.args = {"no-such-program"}}) == 127);
  CHECK(code_of({.args = {"/no/such/program"}}) == 127);
  CHECK(code_of({.args = {"/etc/passwd"}}) == 126);
  CHECK(code_of({.args = {"/etc"}}) == 126);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("run ends with 128 and the signal that ended its program") {
  OciBundle bundle;
  bundle.configure(script("echo ready; exec sleep 1000"));
  const std::string id = bundle.new_id();
  {
    Background run(bundle.line({"run", "--bundle", bundle.dir(), id}));
    REQUIRE(run.read_line() == "ready");
    CHECK(bundle.runtime({"kill", id, "9"}).code == 0);
    CHECK(run.wait() == 128 + SIGKILL);
  }
  CHECK(bundle.leaks() == "");
}

TEST_CASE(
    "a program that cannot be executed is told by create or start in the words that engines "
    "look for") {
  OciBundle bundle;
  const auto message_of = [&](const std::string& program) {
    bundle.configure({.args = {program}});
    const std::string id = bundle.new_id();
    CommandResult result = bundle.create(id);
    if (result.code == 0) result = bundle.runtime({"start", id});
    bundle.remove(id);
    return std::to_string(result.code) + " " + result.err;
  };
  CHECK(message_of("nothing") ==
        "127 exec: \"nothing\": executable file not found in $PATH: no such file or directory\n");
  CHECK(message_of("/etc/passwd") == "126 exec: \"/etc/passwd\": permission denied\n");
  CHECK(bundle.leaks() == "");
}

TEST_CASE("run --detach returns when the program runs, and writes its pid") {
  OciBundle bundle;
  bundle.configure(script("echo $$; exec sleep 1000"));
  const std::string id = bundle.new_id();
  const CommandResult run = bundle.detached({"run", "--detach", "--pid-file", "pid", id});
  REQUIRE_MESSAGE(run.code == 0, run.err);
  CHECK(bundle.status(id) == "running");
  CHECK(read_file(bundle.dir() / "pid") == std::to_string(bundle.pid(id)));
  CHECK(::kill(bundle.pid(id), 0) == 0);
  CHECK(eventually([&] { return bundle.output() == "1\n"; }));
  bundle.remove(id);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("run --keep leaves the ended container") {
  OciBundle bundle;
  bundle.configure(script("exit 5"));
  const std::string id = bundle.new_id();
  CHECK(bundle.runtime({"run", "--keep", id}).code == 5);
  CHECK(bundle.status(id) == "stopped");
  bundle.remove(id);
  CHECK(bundle.leaks() == "");
}

TEST_CASE("list shows all containers, as a table, as JSON, or their ids") {
  OciBundle bundle;
  CHECK(bundle.runtime({"list", "--quiet"}).out == "");
  CHECK(bundle.runtime({"list", "--format", "json"}).out == "[]\n");
  const std::string one = bundle.running(), two = bundle.new_id();
  REQUIRE(bundle.create(two).code == 0);
  CHECK(bundle.runtime({"list", "-q"}).out == one + "\n" + two + "\n");
  const std::vector<std::string> table = lines_of(bundle.runtime({"list"}).out);
  REQUIRE(table.size() == 3);
  CHECK(table[0].starts_with("ID "));
  CHECK(contains(table[1], " running "));
  CHECK(contains(table[2], " created "));
  const std::string json = bundle.runtime({"list", "-f", "json"}).out;
  CHECK(json_member(json, "id") == one);
  CHECK(json_member(json, "status") == "running");
  CHECK(json_member(json, "rootfs") == fs::canonical(bundle.rootfs()).string());
  CHECK(bundle.runtime({"list", "-f", "yaml"}).code == 1);
  bundle.remove(one);
  bundle.remove(two);
}

TEST_CASE("kill takes signals by name and by number") {
  OciBundle bundle;
  bundle.configure(
      script("trap 'echo term' TERM; trap 'echo usr1' USR1; echo ready; "
             "while :; do sleep 0.01; done"));
  const std::string id = bundle.running();
  std::string expected = "ready\n";
  const auto arrives = [&](const std::vector<std::string>& words, const std::string& word) {
    CHECK(bundle.runtime(words).code == 0);
    expected += word;
    CHECK(eventually([&] { return bundle.output() == expected; }));
  };
  CHECK(eventually([&] { return bundle.output() == expected; }));
  arrives({"kill", id}, "term\n");
  arrives({"kill", id, "TERM"}, "term\n");
  arrives({"kill", id, "SIGUSR1"}, "usr1\n");
  arrives({"kill", id, std::to_string(SIGUSR1)}, "usr1\n");
  arrives({"kill", id, "sigusr1"}, "usr1\n");
  for (const char* bad : {"NOSUCH", "65", "-1", "9x", ""})
    CHECK(bundle.runtime({"kill", id, bad}).code == 1);
  bundle.remove(id);
}

TEST_CASE("what a container's program has forked goes with the container") {
  OciBundle bundle;
  bundle.configure(
      script("for i in 1 2 3; do (setsid sleep 1000 &); done; echo ready; sleep 1000"));
  const std::string id = bundle.running();
  CHECK(eventually([&] { return bundle.output() == "ready\n"; }));
  bundle.remove(id);
  CHECK(bundle.leaks() == "");
}

TEST_SUITE("cgroup") {
  TEST_CASE("without a pid namespace all processes are killed by the container's groups") {
    SKIP_IF(!is_root(), "needs root");
    OciBundle bundle;
    OciConfig config =
        script("for i in 1 2 3; do (setsid sleep 1000 &); done; echo ready; sleep 1000");
    config.namespaces = {"mount", "ipc", "uts", "network"};
    bundle.configure(config);
    std::string id = bundle.running();
    CHECK(eventually([&] { return bundle.output() == "ready\n"; }));
    CHECK(bundle.runtime({"kill", "--all", id, "KILL"}).code == 0);
    CHECK(ends(bundle, id));
    CHECK(lines_of(bundle.runtime({"ps", "--format", "json", id}).out) ==
          std::vector<std::string>{"[]"});
    CHECK(bundle.runtime({"delete", id}).code == 0);
    CHECK(bundle.leaks() == "");
    // The program alone has ended: what is left of the container goes with it all the same.
    id = bundle.running();
    CHECK(eventually([&] { return bundle.output() == "ready\n"; }));
    CHECK(bundle.runtime({"kill", id, "KILL"}).code == 0);
    CHECK(ends(bundle, id));
    CHECK(bundle.runtime({"delete", id}).code == 0);
    CHECK(bundle.leaks() == "");
  }
}

TEST_CASE("kill --all signals every process") {
  SKIP_IF(!is_root(), "needs root");
  OciBundle bundle;
  bundle.configure(
      script("trap 'echo first' TERM; (trap 'echo second' TERM; echo ready; "
             "while :; do sleep 0.01; done) & while :; do sleep 0.01; done"));
  const std::string id = bundle.running();
  CHECK(eventually([&] { return bundle.output() == "ready\n"; }));
  CHECK(bundle.runtime({"kill", "-a", id, "TERM"}).code == 0);
  CHECK(eventually([&] {
    return contains(bundle.output(), "first\n") && contains(bundle.output(), "second\n");
  }));
  bundle.remove(id);
}

TEST_SUITE("cgroup") {
  TEST_CASE("a paused container stands still until it is resumed") {
    SKIP_IF(!is_root(), "needs root");
    OciBundle bundle;
    const std::string id = bundle.running();
    CHECK(bundle.runtime({"resume", id}).code == 1);
    CHECK(bundle.runtime({"pause", id}).code == 0);
    CHECK(bundle.status(id) == "paused");
    CHECK(bundle.runtime({"pause", id}).code == 1);
    const CommandResult exec = bundle.runtime({"exec", id, "true"});
    CHECK(exec.code == 1);
    CHECK(contains(exec.err, "cannot exec in a paused container"));
    CHECK(bundle.runtime({"delete", id}).code == 1);
    CHECK(bundle.runtime({"resume", id}).code == 0);
    CHECK(bundle.status(id) == "running");
    CHECK(bundle.runtime({"pause", id}).code == 0);
    CHECK(bundle.runtime({"kill", id, "KILL"}).code == 0);
    CHECK(ends(bundle, id));
    bundle.remove(id);
    const std::string paused = bundle.running();
    CHECK(bundle.runtime({"pause", paused}).code == 0);
    bundle.remove(paused);
    CHECK(bundle.leaks() == "");
  }
}

TEST_CASE("ps lists the container's processes, as the host numbers them") {
  SKIP_IF(!is_root(), "needs root");
  OciBundle bundle;
  bundle.configure(script("sleep 1000 & echo ready; wait"));
  const std::string id = bundle.running();
  CHECK(eventually([&] { return bundle.output() == "ready\n"; }));
  const std::string pid = std::to_string(bundle.pid(id));
  const std::string json = bundle.runtime({"ps", "--format", "json", id}).out;
  CHECK(contains(json, pid));
  CHECK(contains(json, ","));
  const std::vector<std::string> table = lines_of(bundle.runtime({"ps", id}).out);
  CHECK(table.size() == 3);
  CHECK(contains(table[0], "PID"));
  // The shell's child executes its program when it gets to it.
  std::vector<std::string> own;
  CHECK(eventually([&] {
    own = lines_of(bundle.runtime({"ps", id, "-o", "pid,comm"}).out);
    return own.size() == 3 && contains(own[1] + own[2], "sleep");
  }));
  bundle.remove(id);
}

TEST_CASE("hooks get the state that the container has then") {
  OciBundle bundle;
  const fs::path told = bundle.dir() / "told";
  const auto state_in = [&](const std::string& kind) {
    fs::remove(told);
    bundle.configure({.args = {"true"}, .members = hook(kind, "cat > " + told.string())});
    const std::string id = bundle.new_id();
    CHECK(bundle.runtime({"run", id}).code == 0);
    const std::string state = read_file(told);
    CHECK(json_member(state, "id") == id);
    CHECK(json_member(state, "bundle") == fs::canonical(bundle.dir()).string());
    return json_member(state, "status");
  };
  CHECK(state_in("prestart") == "creating");
  CHECK(state_in("createRuntime") == "creating");
  CHECK(state_in("poststart") == "running");
  CHECK(state_in("poststop") == "stopped");
  CHECK(bundle.leaks() == "");
}

TEST_CASE("a hook may ask for the container's state") {
  OciBundle bundle;
  const fs::path told = bundle.dir() / "told";
  const std::string ask = std::string(CONTAINERLIB_RUNTIME) + " --root " + bundle.root().string() +
                          " state $(sed 's/.*\"id\":\"\\([^\"]*\\)\".*/\\1/') > " + told.string();
  for (const auto& expected : std::vector<std::pair<std::string, std::string>>{
           {"createRuntime", "creating"}, {"poststart", "running"}}) {
    const auto& kind = expected.first;
    const auto& status = expected.second;
    CAPTURE(kind);
    fs::remove(told);
    bundle.configure({.args = {"sleep", "1000"}, .members = hook(kind, ask)});
    const std::string id = bundle.running();
    CHECK(json_member(read_file(told), "status") == status);
    bundle.remove(id);
  }
}

TEST_CASE("a container whose hook fails is not left behind") {
  OciBundle bundle;
  for (const std::string kind : {"prestart", "createRuntime", "poststart"}) {
    CAPTURE(kind);
    bundle.configure({.members = hook(kind, "exit 7")});
    const std::string id = bundle.new_id();
    const CommandResult result = bundle.detached({"run", "--detach", id});
    CHECK(result.code == 1);
    CHECK(contains(result.err, "7"));
    CHECK(bundle.status(id) == "");
    CHECK(bundle.leaks() == "");
  }
}

TEST_CASE("an ordinary user runs what spec --rootless has written") {
  SKIP_IF(is_root(), "needs an ordinary user");
  OciBundle bundle;
  const fs::path config = bundle.dir() / "config.json";
  fs::remove(config);
  REQUIRE(bundle.runtime({"spec", "--rootless"}).code == 0);
  CHECK(bundle.runtime({"spec", "--rootless"}).code == 1);  // it is there already
  std::string text = read_file(config);
  const auto replace = [&](const std::string& from, const std::string& to) {
    REQUIRE(contains(text, from));
    text.replace(text.find(from), from.size(), to);
  };
  replace("\"terminal\":true", "\"terminal\":false");
  replace("[\"sh\"]", R"(["id", "-u"])");
  write_file(config, text);
  const CommandResult result = bundle.runtime({"run", bundle.new_id()});
  CHECK(result.err == "");
  CHECK(result.out == "0\n");
  CHECK(bundle.leaks() == "");
}
