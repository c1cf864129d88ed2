#include "runtime/state_file.hpp"

#include <sys/stat.h>

#include "runtime/fixtures.hpp"
#include "runtime/text_file.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

const std::string id = std::string(64, 'a');

LiveState full() {
  LiveState out;
  out.kind = LiveState::Kind::attached;
  out.name = "web";
  out.cgroups.unified = "/sys/fs/cgroup/c/x";
  out.cgroups.v1 = {{"memory", "/sys/fs/cgroup/memory/c/x y"}};
  out.tree = "/var/lib/c/x";
  return out;
}

}  // namespace

TEST_CASE("a state comes back as it was") {
  const LiveState out = parse_state(print_state(full()) + "pid 42\n");
  CHECK(out.kind == LiveState::Kind::attached);
  CHECK(out.name == "web");
  CHECK(out.cgroups.unified == "/sys/fs/cgroup/c/x");
  CHECK(out.cgroups.v1.at("memory") == "/sys/fs/cgroup/memory/c/x y");
  CHECK(out.tree == "/var/lib/c/x");
  CHECK(out.pid == 42);
}

TEST_CASE("later lines change what was said before") {
  const LiveState out = parse_state(print_state(full()) + "detached\nkeep\n");
  CHECK(out.kind == LiveState::Kind::detached);
  CHECK(out.tree.empty());
}

TEST_CASE("a line that is being written and unknown words are left out") {
  CHECK(parse_state("held\npid 12").pid == 0);
  CHECK(parse_state("colour red\nephemeral\n").kind == LiveState::Kind::ephemeral);
  CHECK(parse_state("").kind == LiveState::Kind::held);
}

TEST_CASE("a state file is there, locked, as long as its holder lives") {
  const TemporaryDirectory temporary;
  const StateDir dir(temporary.path());
  CHECK_FALSE(dir.read_held(id));
  {
    const auto held = dir.create(id, full());
    REQUIRE(held);
    CHECK_FALSE(dir.create(id, full()));
    CHECK(dir.read_held(id)->name == "web");
    CHECK_FALSE(dir.take_abandoned(id));
    dir.append(id, "pid 7");
    CHECK(dir.read_held(id)->pid == 7);
    CHECK(dir.ids() == std::vector<std::string>{id});
  }
  CHECK(dir.ids().empty());
}

TEST_CASE("the file of a holder that died can be taken over, once") {
  const TemporaryDirectory temporary;
  const StateDir dir(temporary.path());
  dir.create(id, full())->let_go();
  CHECK_FALSE(dir.read_held(id));
  CHECK_FALSE(dir.create(id, full()));
  auto abandoned = dir.take_abandoned(id);
  REQUIRE(abandoned);
  CHECK(abandoned->state.name == "web");
  CHECK_FALSE(dir.take_abandoned(id));
  dir.remove(id);
  dir.remove(id);
  CHECK_FALSE(dir.take_abandoned(id));
  abandoned.reset();
  CHECK(dir.create(id, full()));
}

TEST_CASE("a name that was given to another file is not removed") {
  const TemporaryDirectory temporary;
  const StateDir dir(temporary.path());
  auto first = dir.create(id, full());
  dir.remove(id);
  const auto second = dir.create(id, full());
  REQUIRE(second);
  first.reset();
  CHECK(dir.read_held(id));
}

TEST_CASE("a private directory belongs to its user alone") {
  const TemporaryDirectory temporary;
  make_private_dir(temporary / "a/b");
  struct stat status;
  REQUIRE(::stat((temporary / "a/b").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  REQUIRE(::chmod((temporary / "a/b").c_str(), 0777) == 0);
  CHECK_THROWS_AS(make_private_dir(temporary / "a/b"), Error);
  REQUIRE(::symlink("b", (temporary / "a/link").c_str()) == 0);
  CHECK_THROWS_AS(make_private_dir(temporary / "a/link"), Error);
}
