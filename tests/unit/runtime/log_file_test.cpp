#include "runtime/log_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

std::string line(const std::string& text, const char* stream = "stdout", char flag = 'F') {
  return fmt::format("2026-11-23T10:00:00Z {} {} {}\n", stream, flag, text);
}

void append(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

std::vector<std::string> texts(const std::string& path, const LogOptions& options) {
  LogFile log(path, options, [] { return false; });
  std::vector<std::string> out;
  for (LogLine next; log.next(next);) out.push_back(next.text);
  return out;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a log is read from its beginning") {
  const TemporaryDirectory dir;
  CHECK(texts(dir / "none", {}).empty());
  append(dir / "log", line("one") + "damage\n" + line("two", "stderr") + line("th", "stdout", 'P') +
                          line("ree") + line("half", "stdout", 'P'));
  CHECK(texts(dir / "log", {}) == Words{"one", "two", "three", "half"});
}

TEST_CASE("the last lines are found from the end") {
  const TemporaryDirectory dir;
  std::string all;
  for (int i = 0; i < 20000; ++i) all += line(std::to_string(i));
  append(dir / "log", all);
  CHECK(texts(dir / "log", {.tail = 0}).empty());
  CHECK(texts(dir / "log", {.tail = 2}) == Words{"19998", "19999"});
  CHECK(texts(dir / "log", {.tail = 5000}).size() == 5000);
  CHECK(texts(dir / "log", {.tail = 5000}).front() == "15000");
  CHECK(texts(dir / "log", {.tail = 90000}).size() == 20000);
}

TEST_CASE("only the end is read for the last lines") {
  const TemporaryDirectory dir;
  std::string all;
  for (int i = 0; i < 20000; ++i) all += line(std::to_string(i));
  append(dir / "log", all);
  const Fd fd(::open((dir / "log").c_str(), O_RDONLY | O_CLOEXEC));
  const auto size = static_cast<std::int64_t>(all.size());
  CHECK(tail_offset(fd.get(), size, 1) == size - static_cast<std::int64_t>(line("19999").size()));
  CHECK(tail_offset(fd.get(), size, 20001) == 0);
}

TEST_CASE("a line of many records is one line of the tail") {
  const TemporaryDirectory dir;
  append(dir / "log", line("a") + line("b1", "stdout", 'P') + line("x", "stderr") +
                          line("b2", "stdout", 'P') + line("y", "stderr") + line("b3"));
  CHECK(texts(dir / "log", {.tail = 1}) == Words{"b1b2b3"});
  CHECK(texts(dir / "log", {.tail = 2}) == Words{"y", "b1b2b3"});
  CHECK(texts(dir / "log", {.tail = 4}) == Words{"a", "x", "y", "b1b2b3"});
  append(dir / "log", line("open", "stdout", 'P'));
  CHECK(texts(dir / "log", {.tail = 2}) == Words{"b1b2b3", "open"});
}

TEST_CASE("a tail of one line where both streams end within one") {
  // Found by fuzzing: there were two.
  const TemporaryDirectory dir;
  append(dir / "log", line("whole") + line("err", "stderr", 'P') + line("out", "stdout", 'P'));
  const Words all = texts(dir / "log", {});
  REQUIRE(all.size() == 3);
  CHECK(texts(dir / "log", {.tail = 1}) == Words{all[2]});
  CHECK(texts(dir / "log", {.tail = 2}) == Words{all[1], all[2]});
}

TEST_CASE("a follower gets what comes, until the container has ended") {
  const TemporaryDirectory dir;
  append(dir / "log", line("old") + line("before"));
  std::atomic<bool> running = true;
  LogFile log(dir / "log", {.follow = true, .tail = 1}, [&] { return running.load(); });
  LogLine next;
  REQUIRE(log.next(next));
  CHECK(next.text == "before");
  std::thread writer([&] {
    append(dir / "log", line("during").substr(0, 10));
    append(dir / "log", line("during").substr(10));
    append(dir / "log", line("last"));
    running = false;
  });
  REQUIRE(log.next(next));
  CHECK(next.text == "during");
  REQUIRE(log.next(next));
  CHECK(next.text == "last");
  CHECK_FALSE(log.next(next));
  writer.join();
}

TEST_CASE("a line that no newline ends is told") {
  const TemporaryDirectory dir;
  append(dir / "log",
         line("whole") + line("th", "stdout", 'P') + line("ree") + line("half", "stdout", 'P'));
  LogFile log(dir / "log", {}, [] { return false; });
  LogLine next;
  for (const char* text : {"whole", "three"}) {
    REQUIRE(log.next(next));
    CHECK(next.text == text);
    CHECK_FALSE(next.partial);
  }
  REQUIRE(log.next(next));
  CHECK(next.text == "half");
  CHECK(next.partial);
}

TEST_CASE("parts come as they are, and the tail still counts lines") {
  const TemporaryDirectory dir;
  append(dir / "log",
         line("one") + line("tw", "stdout", 'P') + line("o") + line("half", "stdout", 'P'));
  CHECK(texts(dir / "log", {.parts = true}) == Words{"one", "tw", "o", "half"});
  CHECK(texts(dir / "log", {.tail = 2, .parts = true}) == Words{"two", "half"});
  LogFile log(dir / "log", {.tail = 1, .parts = true}, [] { return false; });
  LogLine next;
  REQUIRE(log.next(next));
  CHECK(next.partial);
  append(dir / "log", line("-rest", "stdout"));
  REQUIRE(log.next(next));
  CHECK(next.text == "-rest");
  CHECK_FALSE(next.partial);
}

TEST_CASE("a follower can be stopped") {
  const TemporaryDirectory dir;
  append(dir / "log", line("one"));
  std::stop_source stop;
  LogFile log(dir / "log", {.follow = true, .stop = stop.get_token()}, [] { return true; });
  LogLine next;
  REQUIRE(log.next(next));
  stop.request_stop();
  CHECK_FALSE(log.next(next));
}
