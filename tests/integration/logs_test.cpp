// What a container has printed, line by line.
#include <signal.h>

#include <chrono>
#include <thread>

#include "integration/fixture.hpp"

using namespace tests;

namespace {

Args texts(const cl::Container& container, const cl::LogOptions& options = {}) {
  Args result;
  for (const cl::LogLine& line : container.logs(options)) result.push_back(line.text);
  return result;
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "logs: each line tells its stream and its time") {
  const auto begin = std::chrono::system_clock::now();
  cl::Container container = start({"sh", "-c", "echo out; sleep 0.05; echo err >&2"});
  container.wait();
  std::vector<cl::LogLine> lines;
  for (const cl::LogLine& line : container.logs()) lines.push_back(line);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "out");
  CHECK_FALSE(lines[0].is_err);
  CHECK(lines[1].text == "err");
  CHECK(lines[1].is_err);
  CHECK(lines[0].time >= begin - 1s);
  CHECK(lines[0].time <= lines[1].time);
  CHECK(lines[1].time <= std::chrono::system_clock::now() + 1s);
}

TEST_CASE_FIXTURE(Containers, "logs: of a container that runs, so far") {
  cl::Container container = start({"sh", "-c", "echo one; echo two; sleep 60"});
  CHECK(eventually([&] { return texts(container) == Args{"one", "two"}; }));
}

TEST_CASE_FIXTURE(Containers, "logs: none") {
  cl::Container container = start({"true"});
  container.wait();
  CHECK(texts(container).empty());
  CHECK(texts(container, {.follow = true}).empty());
}

TEST_CASE_FIXTURE(Containers, "logs: tail") {
  cl::Container container = start({"seq", "20"});
  container.wait();
  CHECK(texts(container, {.tail = 3}) == Args{"18", "19", "20"});
  CHECK(texts(container, {.tail = 0}).empty());
  CHECK(texts(container, {.tail = 20}).size() == 20);
  CHECK(texts(container, {.tail = 1000}).size() == 20);
}

TEST_CASE_FIXTURE(Containers, "logs: follow waits for more until the end") {
  cl::Container container =
      start({"sh", "-c", "echo one; read x; echo two; read x"}, {.in = cl::Stream::pipe()});
  cl::Fd in = container.take_in();
  cl::LogReader logs = container.logs({.follow = true});
  cl::LogLine line;
  REQUIRE(logs.next(line));
  CHECK(line.text == "one");
  std::thread later([&] {
    std::this_thread::sleep_for(100ms);
    (void)!::write(in.get(), "\n", 1);
  });
  REQUIRE(logs.next(line));
  CHECK(line.text == "two");
  later.join();
  in.reset();
  CHECK_FALSE(logs.next(line));
  CHECK(container.wait().shell_code() != 137);
}

TEST_CASE_FIXTURE(Containers, "logs: follow with tail begins near the end") {
  cl::Container container =
      start({"sh", "-c", "seq 10; echo go; read x; echo last"}, {.in = cl::Stream::pipe()});
  cl::Fd in = container.take_in();
  REQUIRE(eventually([&] { return texts(container).size() == 11; }));
  cl::LogReader logs = container.logs({.follow = true, .tail = 2});
  in.reset();
  Args seen;
  for (const cl::LogLine& line : logs) seen.push_back(line.text);
  CHECK(seen == Args{"10", "go", "last"});
}

TEST_CASE_FIXTURE(Containers, "logs: a last line without a newline, and a very long one") {
  cl::Container container =
      start({"sh", "-c", "head -c 100000 /dev/zero | tr '\\0' a; echo; printf end"});
  container.wait();
  const Args lines = texts(container);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == std::string(100000, 'a'));
  CHECK(lines[1] == "end");
}

TEST_CASE_FIXTURE(Containers, "logs: a line that comes in pieces is one line") {
  cl::Container container = start({"sh", "-c", "printf a; sleep 0.1; printf b; sleep 0.1; echo c"});
  container.wait();
  CHECK(texts(container) == Args{"abc"});
}

TEST_CASE_FIXTURE(Containers, "logs: any bytes") {
  cl::Container container = start({"printf", "\\001\\033[0m\\377\"\\\\{}\\n\\r\\n\\n"});
  container.wait();
  CHECK(texts(container) == Args{"\x01\x1b[0m\xff\"\\{}", "\r", ""});
}

TEST_CASE_FIXTURE(Containers, "logs: a hundred thousand lines, in order") {
  cl::Container container = start({"seq", "100000"});
  std::size_t expected = 0;
  bool in_order = true;
  for (const cl::LogLine& line : container.logs({.follow = true}))
    in_order = in_order && line.text == std::to_string(++expected);
  CHECK(in_order);
  CHECK(expected == 100000);
  CHECK(container.wait().success());
}

TEST_CASE_FIXTURE(Containers, "logs: what goes elsewhere is not kept") {
  cl::Container container =
      start({"sh", "-c", "echo out; echo err >&2"}, {.err = cl::Stream::discard()});
  container.wait();
  CHECK(texts(container) == Args{"out"});
}

TEST_CASE_FIXTURE(Containers, "logs: of a terminal whose master nobody took") {
  cl::Container container = start({"sh", "-c", "echo on a terminal"},
                                  {.tty = true, .on_host_death = cl::HostDeath::detach});
  container.wait();
  const Args lines = texts(container);
  REQUIRE_FALSE(lines.empty());
  CHECK(contains(lines[0], "on a terminal"));
}
