#include "cli/background.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <containerlib/error.hpp>
#include <containerlib/fd.hpp>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

namespace containerlib::cli {
namespace {

// On the pipe: "ready", or the parts of an Error, each ended by a null byte.
constexpr char ready_word[] = "ready";

[[noreturn]] void fail(const char* operation) {
  throw Error({errno, std::generic_category()}, operation);
}

void tell(int fd, const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(fd, text.c_str(), text.size() + 1);
}

std::vector<std::string> hear(int fd) {
  std::vector<std::string> parts(1);
  char c = 0;
  for (ssize_t got; (got = read(fd, &c, 1)) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read from the background");
    if (c == '\0')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

[[noreturn]] void be_child(Fd pipe,
                           const std::function<void(const std::function<void()>& ready)>& work) {
  setsid();
  const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = 0; fd < 3; ++fd) dup2(nothing.get(), fd);
  try {
    work([&pipe] {
      tell(pipe.get(), ready_word);
      pipe.reset();
    });
  } catch (const Error& error) {
    const bool own = error.code().category() == containerlib_category();
    tell(pipe.get(), (own ? "own" : "errno"));
    tell(pipe.get(), std::to_string(error.code().value()));
    tell(pipe.get(), error.operation());
    tell(pipe.get(), error.subject());
    tell(pipe.get(), error.hint());
  } catch (const std::exception& error) {
    tell(pipe.get(), "errno");
    tell(pipe.get(), std::to_string(ECHILD));
    tell(pipe.get(), error.what());
  }
  _exit(0);
}

}  // namespace

void in_background(const std::function<void(const std::function<void()>& ready)>& work) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) fail("make a pipe");
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) be_child(std::move(writer), work);
  writer.reset();
  std::vector<std::string> parts = hear(reader.get());
  if (parts[0] == ready_word) return;
  if (parts.size() < 4) throw Error({ECHILD, std::generic_category()}, "run in the background");
  parts.resize(5);
  int value = 0;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), value);
  const std::error_category& category =
      parts[0] == "own" ? containerlib_category() : std::generic_category();
  throw Error({value, category}, parts[2], parts[3], parts[4]);
}

}  // namespace containerlib::cli
