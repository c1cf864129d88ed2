#include "runtime/life_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "runtime/fixtures.hpp"
#include "runtime/text_file.hpp"

using namespace containerlib;
using namespace containerlib::runtime;
using monitor::LifeRecord;
using State = monitor::LifeRecord::State;

namespace {

constexpr std::int64_t then = 1790000000000000000;

std::string format(const LifeRecord& record) {
  char text[monitor::life_record_size];
  monitor::format_life(text, record);
  return {text, sizeof text};
}

/// As the monitor does it.
void overwrite(int fd, const LifeRecord& record) {
  REQUIRE(::pwrite(fd, format(record).data(), monitor::life_record_size, 0) ==
          monitor::life_record_size);
}

}  // namespace

TEST_CASE("a life record comes back as it was, and is of one size") {
  const LifeRecord records[] = {{},
                                {State::running, 4194303, then, {}},
                                {State::ended, 0, then, {false, 3, false, then + 1}},
                                {State::ended, 0, 9223372036854775807, {true, 9, true, then}}};
  for (const LifeRecord& record : records) {
    LifeRecord out;
    REQUIRE_MESSAGE(monitor::parse_life(format(record), out), format(record));
    CHECK(out.state == record.state);
    CHECK(out.pid == record.pid);
    CHECK(out.started_ns == record.started_ns);
    CHECK(out.exit.signaled == record.exit.signaled);
    CHECK(out.exit.code == record.exit.code);
    CHECK(out.exit.oom_killed == record.exit.oom_killed);
    CHECK(out.exit.finished_ns == record.exit.finished_ns);
  }
}

TEST_CASE("a life record that is being written, or is none, is seen as such") {
  const std::string before = format({State::running, 12, then, {}});
  const std::string after = format({State::ended, 0, then, {false, 137, true, then}});
  LifeRecord out;
  for (std::size_t n = 1; n + 1 < before.size(); ++n)
    CHECK_FALSE(monitor::parse_life(after.substr(0, n) + before.substr(n), out));
  for (const char* text : {"", "\n", "exited 3 0 1\n"}) CHECK_FALSE(monitor::parse_life(text, out));
  CHECK_FALSE(monitor::parse_life(std::string(64, ' '), out));
  CHECK_FALSE(monitor::parse_life(std::string(63, ' ') + '\n', out));
}

TEST_CASE("a life record whose last number runs into its end is none") {
  // Found by fuzzing: it could be read, and not be written again.
  std::string text = "signaled 91764009 1 1764000000000000000 176176400000100signaled\n";
  REQUIRE(text.size() == monitor::life_record_size);
  monitor::LifeRecord record;
  CHECK_FALSE(monitor::parse_life(text, record));
  text[text.size() - 10] = ' ';
  CHECK(monitor::parse_life(text, record));
}

TEST_CASE("a life is created, runs as long as somebody has a claim, and ends") {
  const TemporaryDirectory temporary;
  const std::string dir = temporary.path();
  CHECK_FALSE(open_life(dir, O_RDONLY));
  std::optional<Claim> holder = make_life(dir, {{}, "/run/one"});
  const Fd reader = open_life(dir, O_RDONLY);
  CHECK(life_now(reader.get()).record.state == State::created);
  CHECK(life_now(reader.get()).run_root == "/run/one");

  overwrite(holder->fd(), {State::running, 7, then, {}});
  CHECK(life_now(reader.get()).record.state == State::running);
  CHECK(life_now(reader.get()).record.pid == 7);
  overwrite(holder->fd(), {State::ended, 0, then, {false, 5, false, then}});
  CHECK(life_now(reader.get()).record.exit.code == 5);
  holder.reset();
  CHECK(life_now(reader.get()).record.exit.code == 5);
  CHECK(life_now(reader.get()).run_root == "/run/one");
}

TEST_CASE("one that runs, but has no holder, was killed with it") {
  const TemporaryDirectory temporary;
  std::optional<Claim> holder = make_life(temporary.path(), {});
  const Fd reader = open_life(temporary.path(), O_RDONLY);
  overwrite(holder->fd(), {State::running, 7, then, {}});
  holder.reset();
  const LifeRecord record = life_now(reader.get()).record;
  CHECK(record.state == State::ended);
  CHECK(record.started_ns == then);
  CHECK(to_status(record.exit, {}).message() == "killed by SIGKILL");
  // A start that fails does not make it run.
  const auto next = Claim::take(open_life(temporary.path(), O_RDWR), "life");
  note_run_root(*next, "/run/x");
  CHECK(life_now(reader.get()).record.state == State::ended);
}

TEST_CASE("another start notes its run directory and keeps how it ended") {
  const TemporaryDirectory temporary;
  const Claim holder =
      make_life(temporary.path(), {{State::ended, 0, then, {false, 3, false, 1}}, {}});
  note_run_root(holder, "/run/somewhere");
  note_run_root(holder, "/run/x");
  const Life life = life_now(open_life(temporary.path(), O_RDONLY).get());
  CHECK(life.run_root == "/run/x");
  CHECK(life.record.exit.code == 3);
}

TEST_CASE("a life file whose maker was killed before it wrote can be used") {
  const TemporaryDirectory temporary;
  write_file(temporary / "life", "");
  CHECK(life_now(open_life(temporary.path(), O_RDONLY).get()).record.state == State::created);
  const auto holder = Claim::take(open_life(temporary.path(), O_RDWR), "life");
  REQUIRE(holder);
  note_run_root(*holder, "/run/x");
  CHECK(life_now(holder->fd()).run_root == "/run/x");
}

TEST_CASE("how it ended") {
  const ExitStatus exited = to_status({false, 3, false, 0}, {});
  CHECK(exited.kind == ExitStatus::Kind::exited);
  CHECK(exited.shell_code() == 3);
  const ExitStatus killed = to_status({true, 15, false, 0}, 64_MiB);
  CHECK(killed.kind == ExitStatus::Kind::signaled);
  CHECK(killed.shell_code() == 143);
  const ExitStatus oom = to_status({true, 9, true, 0}, 64_MiB);
  CHECK(oom.kind == ExitStatus::Kind::oom_killed);
  CHECK(oom.memory_limit == 64_MiB);
  CHECK(oom.shell_code() == 137);
  CHECK(to_status({false, 137, true, 0}, 64_MiB).shell_code() == 137);
}
