#include "criu/conversation.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <vector>

#include "base/error.hpp"
#include "linux/message.hpp"
#include "linux/text.hpp"

namespace containerlib::criu {
namespace {

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
// criu_req_type.
constexpr unsigned notify = 6;

struct Packet {
  std::string bytes;
  Fd fd;
};

/// Without bytes: it has ended without an answer.
Packet receive(int socket) {
  Packet out;
  std::string buffer(64 << 10, '\0');
  const sys::Received message = sys::receive_message(socket, buffer.data(), buffer.size());
  if (message.count > 0) out.fd.reset(message.fds[0]);
  if (message.size > 0) out.bytes.assign(buffer, 0, static_cast<std::size_t>(message.size));
  return out;
}

void send(int socket, const Message& message) {
  const std::string& bytes = message.bytes();
  // Without a reader there is no answer either, which is what counts.
  if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0 && errno != EPIPE)
    throw_errno(errno, "talk to criu");
}

pid_t pid_in(std::string_view bytes, unsigned field) {
  const auto fields = parse_message(bytes);
  if (fields)
    for (const Field& f : *fields)
      if (f.field == field) return static_cast<pid_t>(f.number);
  return 0;
}

std::string script_in(std::string_view bytes) {
  const auto fields = parse_message(bytes);
  if (fields)
    for (const Field& f : *fields)
      if (f.field == notify_script) return std::string(f.text);
  return {};
}

struct Response {
  unsigned type = 0;
  Answer answer;
  std::string_view notice;
};

Response response_in(std::string_view bytes) {
  Response out;
  const auto fields = parse_message(bytes);
  if (!fields) return out;
  for (const Field& f : *fields) switch (f.field) {
      case response_type: out.type = static_cast<unsigned>(f.number); break;
      case response_success: out.answer.success = f.number != 0; break;
      case response_restore: out.answer.pid = pid_in(f.text, restore_pid); break;
      case response_notify: out.notice = f.text; break;
    }
  return out;
}

}  // namespace

Answer ask(int socket, Job job, const Message& options,
           const std::function<void(Notice&)>& on_notice) {
  Message request;
  request.number(request_type, static_cast<unsigned>(job));
  request.message(request_opts, options);
  send(socket, request);
  std::exception_ptr thrown;
  Answer answer;
  for (;;) {
    Packet packet = receive(socket);
    const Response response = response_in(packet.bytes);
    if (response.type != notify) {
      answer = response.answer;
      break;
    }
    Notice notice{script_in(response.notice), pid_in(response.notice, notify_pid),
                  std::move(packet.fd)};
    try {
      if (!thrown) on_notice(notice);
    } catch (...) {
      thrown = std::current_exception();
    }
    Message reply;
    reply.number(request_type, notify);
    reply.number(request_notify_success, !thrown);
    send(socket, reply);
  }
  if (thrown) std::rethrow_exception(thrown);
  return answer;
}

std::string errors_in(std::string_view log) {
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

}  // namespace containerlib::criu
