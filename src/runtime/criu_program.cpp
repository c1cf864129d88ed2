#include "runtime/criu_program.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "runtime/directories.hpp"
#include "runtime/engine.hpp"
#include "runtime/identity.hpp"
#include "runtime/text_file.hpp"

namespace containerlib::runtime {
namespace {

constexpr const char* search_path[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                       "/usr/bin",        "/sbin",          "/bin"};

Fd make_memory_file() {
  Fd fd(::memfd_create("containerlib-criu", MFD_CLOEXEC));
  if (!fd) throw_errno(errno, "create memfd", "criu");
  return fd;
}

bool is_program(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0 && S_ISREG(st.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string find_criu(const Engine& engine, const std::filesystem::path& given,
                      const char* operation) {
  if (engine.facts().rootless)
    throw_error(Errc::unsupported, operation, "", "CRIU needs root, and this user is not root");
  if (!given.empty()) {
    std::string path = absolute_path(given).string();
    if (!is_program(path)) throw_error(Errc::unsupported, operation, path, "it is no program");
    return path;
  }
  for (const std::string dir : search_path)
    if (std::string path = dir + "/criu"; is_program(path)) return path;
  throw_error(Errc::unsupported, operation, "criu",
              "CRIU is not installed; Debian's package of it is criu");
}

std::vector<std::string> criu_env() {
  std::string path = "PATH=";
  for (const char* dir : search_path) path += std::string(path.ends_with('=') ? "" : ":") + dir;
  return {path};
}

CriuSocket::CriuSocket() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    throw_errno(errno, "make socket", "criu");
  ours.reset(pair[0]);
  theirs.reset(pair[1]);
}

CriuProgram::CriuProgram(Engine& engine, const std::string& program)
    : error_output_(make_memory_file()) {
  sandbox::LaunchPlan plan;
  plan.inside.push_back(sandbox::plain_step(sandbox::Op::await));
  plan.inside.push_back({.op = sandbox::Op::execute,
                         .execute = {plan.list({program, "swrk", "0"}), plan.list(criu_env())}});
  monitor::Request request;
  request.id = new_id();
  request.plan = &plan;
  request.stdio[0] = {monitor::Stdio::Kind::fd, socket_.theirs.get()};
  request.stdio[2] = {monitor::Stdio::Kind::fd, error_output_.get()};
  session_ = engine.client()->launch(request);
  // From here on the end of file means that it is gone.
  socket_.theirs.reset();
}

CriuProgram::~CriuProgram() {
  // It ends when it has nobody to talk to.
  socket_.ours.reset();
  try {
    session_->wait_cleaned(Milliseconds(-1));
  } catch (const Error&) {
    // Without a poll it cannot be waited for.
  }
}

std::string CriuProgram::said() const { return read_all(error_output_.get(), "criu's errors"); }

}  // namespace containerlib::runtime
