#include "bundle/criu/criu.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

#include "base/error.hpp"
#include "linux/message.hpp"
#include "linux/syscalls.hpp"
#include "linux/text.hpp"
#include "sandbox/execute/process.hpp"
#include "sandbox/execute/spawn.hpp"

namespace containerlib::bundle {
namespace {

constexpr int socket_number = 3;

// rpc.proto.
enum RequestField : unsigned { request_type = 1, request_opts = 2, request_notify_success = 3 };
enum ResponseField : unsigned {
  response_type = 1,
  response_success = 2,
  response_restore = 4,
  response_notify = 5
};
enum NotifyField : unsigned { notify_script = 1, notify_pid = 2 };
constexpr unsigned restore_pid = 1;

/// A copy above all numbers that the new program gets, so that none is in the way of another.
Fd lifted(int fd) {
  constexpr int above = 256;
  Fd out(::fcntl(fd, F_DUPFD_CLOEXEC, above));
  if (!out) throw_errno(errno, "duplicate descriptor", std::to_string(fd));
  return out;
}

/// A descriptor on its way to the number that it has in criu.
struct Placed {
  Fd fd;
  int number;
};

int inherit(const CriuHeritage& heritage) {
  if (!heritage.keyring.empty())
    if (const int r = sandbox::new_keyring(heritage.keyring.c_str()); r < 0) return r;
  if (heritage.no_groups)
    if (const long r = sys::raw(SYS_setgroups, 0, nullptr); r < 0) return static_cast<int>(r);
  return heritage.no_new_privileges ? sandbox::no_new_privileges() : 0;
}

/// In the new process. Its errno to `tell` when it fails.
[[noreturn]] void become_criu(char* const args[], const std::vector<Placed>& placed,
                              const CriuHeritage& heritage, int tell) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  int error = -inherit(heritage);
  for (const Placed& p : placed)
    if (!error && ::dup2(p.fd.get(), p.number) < 0) error = errno;
  if (!error) {
    ::execvp(args[0], args);
    error = errno;
  }
  if (::write(tell, &error, sizeof error) < 0) ::_exit(126);
  ::_exit(127);
}

/// 0: it is criu now.
int await_execution(Fd& heard) {
  int error = 0;
  const ssize_t got = ::read(heard.get(), &error, sizeof error);
  return got == sizeof error ? error : 0;
}

struct Message {
  std::string bytes;
  Fd fd;
};

/// Without bytes: it has ended without an answer.
Message receive(int socket) {
  Message out;
  std::string buffer(64 << 10, '\0');
  const sys::Received message = sys::receive_message(socket, buffer.data(), buffer.size());
  if (message.count > 0) out.fd.reset(message.fds[0]);
  if (message.size > 0) out.bytes.assign(buffer, 0, static_cast<std::size_t>(message.size));
  return out;
}

void send(int socket, const CriuMessage& message) {
  const std::string& bytes = message.bytes();
  // Without a reader there is no answer either, which is what counts.
  if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 && errno != EPIPE)
    throw_errno(errno, "talk to criu");
}

pid_t pid_in(std::string_view bytes, unsigned field) {
  const auto fields = parse_criu_message(bytes);
  if (fields)
    for (const CriuField& f : *fields)
      if (f.field == field) return static_cast<pid_t>(f.number);
  return 0;
}

std::string script_in(std::string_view bytes) {
  const auto fields = parse_criu_message(bytes);
  if (fields)
    for (const CriuField& f : *fields)
      if (f.field == notify_script) return std::string(f.text);
  return {};
}

struct Response {
  unsigned type = 0;
  Criu::Answer answer;
  std::string_view notice;
};

Response response_in(std::string_view bytes) {
  Response out;
  const auto fields = parse_criu_message(bytes);
  if (!fields) return out;
  for (const CriuField& f : *fields) switch (f.field) {
      case response_type: out.type = static_cast<unsigned>(f.number); break;
      case response_success: out.answer.success = f.number != 0; break;
      case response_restore: out.answer.pid = pid_in(f.text, restore_pid); break;
      case response_notify: out.notice = f.text; break;
    }
  return out;
}

}  // namespace

Criu::Criu(const std::string& program, const CriuHeritage& heritage) {
  int pair[2], told[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    throw_errno(errno, "make socket");
  socket_.reset(pair[0]);
  const Fd theirs(pair[1]);
  error_output_.reset(::memfd_create("criu", MFD_CLOEXEC));
  if (!error_output_) throw_errno(errno, "make memfd");
  if (::pipe2(told, O_CLOEXEC) != 0) throw_errno(errno, "make pipe");
  Fd heard(told[0]), tell(lifted(told[1]));
  ::close(told[1]);

  std::vector<Placed> placed;
  placed.push_back({lifted(error_output_.get()), 2});
  placed.push_back({lifted(theirs.get()), socket_number});
  for (std::size_t i = 0; i < heritage.descriptors.size(); ++i)
    placed.push_back({lifted(heritage.descriptors[i]), first_inherited + static_cast<int>(i)});

  std::string words[] = {program, "swrk", std::to_string(socket_number)};
  char* const args[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  const long pid = sandbox::clone_process(0, -1);
  if (pid < 0) throw_errno(static_cast<int>(-pid), "make process");
  if (pid == 0) become_criu(args, placed, heritage, tell.get());
  pid_ = static_cast<pid_t>(pid);
  tell.reset();
  const int error = await_execution(heard);
  if (!error) return;
  reap();
  throw_errno(error, "execute", program, "checkpoint and restore are done by CRIU");
}

Criu::~Criu() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  reap();
}

void Criu::reap() {
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

Criu::Answer Criu::ask(Type type, const CriuMessage& options,
                       const std::function<void(Notice&)>& on_notice) {
  CriuMessage request;
  request.number(request_type, type);
  request.message(request_opts, options);
  send(socket_.get(), request);
  std::exception_ptr thrown;
  Answer answer;
  for (;;) {
    Message message = receive(socket_.get());
    const Response response = response_in(message.bytes);
    if (response.type != notify) {
      answer = response.answer;
      break;
    }
    Notice notice{script_in(response.notice), pid_in(response.notice, notify_pid),
                  std::move(message.fd)};
    try {
      if (!thrown) on_notice(notice);
    } catch (...) {
      thrown = std::current_exception();
    }
    CriuMessage reply;
    reply.number(request_type, notify);
    reply.number(request_notify_success, !thrown);
    send(socket_.get(), reply);
  }
  socket_.reset();
  reap();
  if (thrown) std::rethrow_exception(thrown);
  return answer;
}

std::string Criu::said() const {
  ::lseek(error_output_.get(), 0, SEEK_SET);
  return sys::read_all(error_output_.get(), std::size_t{1} << 20, "criu's error output");
}

std::string criu_errors(std::string_view log) {
  constexpr std::size_t most = 3;
  std::vector<std::string_view> errors;
  // "(00.012345)      1: Error (criu/file.c:123): what"
  for (const std::string_view line : sys::lines(log))
    if (const std::size_t at = line.find("Error ("); at != std::string_view::npos)
      errors.push_back(line.substr(at));
  std::string out;
  for (std::size_t i = errors.size() > most ? errors.size() - most : 0; i < errors.size(); ++i)
    out += (out.empty() ? "" : "; ") + std::string(errors[i]);
  return out;
}

}  // namespace containerlib::bundle
