#include "integration/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tests {
namespace {

struct Pipe {
  int read = -1, write = -1;
  /// A socket pair can be written to without the danger of SIGPIPE.
  explicit Pipe(bool socket = false) {
    int ends[2];
    if ((socket ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
                : ::pipe2(ends, O_CLOEXEC)) != 0)
      throw std::system_error(errno, std::generic_category(), "pipe");
    read = ends[0];
    write = ends[1];
  }
  Pipe(const Pipe&) = delete;
  ~Pipe() {
    close_read();
    close_write();
  }
  void close_read() { close(read); }
  void close_write() { close(write); }
  int take_read() { return std::exchange(read, -1); }

 private:
  static void close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_of(const CommandOptions& options) {
  std::vector<std::string> result;
  if (options.env) {
    for (const auto& [name, value] : *options.env) result.push_back(name + "=" + value);
  } else {
    for (char** entry = environ; *entry; ++entry) result.emplace_back(*entry);
  }
  return result;
}

// posix_spawn, since this may be a threaded program with much memory.
int spawn(const std::vector<std::string>& args, const CommandOptions& options, int in, int out,
          int err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, in, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, 1);
  ::posix_spawn_file_actions_adddup2(&actions, err, 2);
  if (!options.cwd.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, options.cwd.c_str());
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const std::vector<std::string> env = environment_of(options);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, args.at(0).c_str(), &actions, &attributes,
                                   pointers(args).data(), pointers(env).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), "start " + args[0]);
  return pid;
}

int shell_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int wait_for_end(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  return shell_code(status);
}

// False at the end of the stream.
bool read_some(int fd, std::string& to) {
  char buffer[65536];
  const ssize_t size = ::read(fd, buffer, sizeof buffer);
  if (size > 0) to.append(buffer, static_cast<std::size_t>(size));
  return size > 0;
}

}  // namespace

CommandResult command(const std::vector<std::string>& args, const CommandOptions& options) {
  Pipe in(true), out, err;
  const int pid = spawn(args, options, in.read, out.write, err.write);
  in.close_read();
  out.close_write();
  err.close_write();
  CommandResult result;
  std::size_t fed = 0;
  const auto end = std::chrono::steady_clock::now() + options.timeout;
  bool late = false;
  while (out.read >= 0 || err.read >= 0) {
    if (fed == options.in.size()) in.close_write();
    pollfd polled[] = {{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}};
    ::poll(polled, 3, 100);
    late = std::chrono::steady_clock::now() > end;
    if (late) break;
    if (polled[0].revents != 0) {
      const ssize_t size = ::send(in.write, options.in.data() + fed, options.in.size() - fed,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
      fed = size < 0 ? options.in.size() : fed + static_cast<std::size_t>(size);
    }
    if (polled[1].revents != 0 && !read_some(out.read, result.out)) out.close_read();
    if (polled[2].revents != 0 && !read_some(err.read, result.err)) err.close_read();
  }
  if (late) ::kill(pid, SIGKILL);
  result.code = wait_for_end(pid);
  if (late) result.code = 124;
  return result;
}

Background::Background(const std::vector<std::string>& args) {
  Pipe out;
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  pid_ = spawn(args, {}, null, out.write, 2);
  ::close(null);
  out_ = out.take_read();
}

Background::~Background() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    wait_for_end(pid_);
  }
  ::close(out_);
}

std::string Background::read_line() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (pending_.find('\n') == std::string::npos && std::chrono::steady_clock::now() < end) {
    pollfd polled = {out_, POLLIN, 0};
    if (::poll(&polled, 1, 100) == 1 && !read_some(out_, pending_)) break;
  }
  const std::size_t newline = pending_.find('\n');
  if (newline == std::string::npos) return {};
  const std::string line = pending_.substr(0, newline);
  pending_.erase(0, newline + 1);
  return line;
}

void Background::kill(int signal) { ::kill(pid_, signal); }

int Background::wait() { return wait_for_end(std::exchange(pid_, -1)); }

bool has_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  return false;
}

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  std::ifstream file(path, std::ios::binary);
  text << file.rdbuf();  // stops at an error, as of a process that has gone from /proc
  return text.str();
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!(file << text) || !file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace tests
