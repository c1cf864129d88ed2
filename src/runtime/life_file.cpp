#include "runtime/life_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "base/error.hpp"
#include "runtime/text_file.hpp"

namespace containerlib::runtime {
namespace {

using State = monitor::LifeRecord::State;

/// How one has ended whose monitor cannot say.
constexpr monitor::ExitRecord killed = {true, SIGKILL, false, 0};

std::string print(const Life& life) {
  char record[monitor::life_record_size];
  monitor::format_life(record, life.record);
  return std::string(record, sizeof record) + life.run_root + '\n';
}

Life read(int fd) {
  Life out;
  // Somebody may be writing it, for the little while that a write to memory takes.
  for (int tries = 0; tries < 100; ++tries) {
    const std::string text = read_all(fd, "life");
    if (text.size() < monitor::life_record_size) return {};  // killed before it was written
    if (monitor::parse_life(text, out.record)) {
      const std::string rest = text.substr(monitor::life_record_size);
      out.run_root = rest.substr(0, rest.find('\n'));
      return out;
    }
    std::this_thread::sleep_for(Milliseconds(1));
  }
  return {};
}

}  // namespace

std::string life_path(const std::string& dir) { return dir + "/life"; }

Claim make_life(const std::string& dir, const Life& life) {
  const std::string path = life_path(dir);
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) throw_errno(errno, "make file", path);
  auto claim = Claim::take(std::move(file), path);
  if (!claim) throw_error(Errc::in_use, "make file", path);
  write_all(claim->fd(), print(life), path);
  return std::move(*claim);
}

Fd open_life(const std::string& dir, int access) {
  const std::string path = life_path(dir);
  Fd file(::open(path.c_str(), access | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno != ENOENT) throw_errno(errno, "open", path);
  return file;
}

Life life_now(int fd) {
  Life life = read(fd);
  if (life.record.state != State::running || is_claimed(fd, "life")) return life;
  // Its monitor has let go of it: what it says now is its last word, unless it was started again.
  life = read(fd);
  if (life.record.state != State::running || is_claimed(fd, "life")) return life;
  life.record.state = State::ended;
  life.record.exit = killed;
  return life;
}

void note_run_root(const Claim& claim, const std::string& run_root) {
  Life life = read(claim.fd());
  const bool was_killed = life.record.state == State::running;
  if (life.run_root == run_root && !was_killed) return;
  life.run_root = run_root;
  if (was_killed) {
    life.record.state = State::ended;
    life.record.exit = killed;
  }
  const std::string text = print(life);
  const ssize_t written = ::pwrite(claim.fd(), text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size()))
    throw_errno(written < 0 ? errno : ENOSPC, "write", "life");
}

ExitStatus to_status(const monitor::ExitRecord& record, std::optional<Bytes> memory_limit) {
  ExitStatus out;
  // The monitor says so only of process 1 killed, or of one that passes on a child's SIGKILL (137).
  if (record.oom_killed) {
    out.kind = ExitStatus::Kind::oom_killed;
    out.code = SIGKILL;
    out.memory_limit = memory_limit.value_or(Bytes{});
    return out;
  }
  out.kind = record.signaled ? ExitStatus::Kind::signaled : ExitStatus::Kind::exited;
  out.code = record.code;
  return out;
}

}  // namespace containerlib::runtime
