#include "runtime/exit_file.hpp"

#include <csignal>
#include <cstdio>
#include <string>

namespace containerlib::runtime {

std::optional<monitor::ExitRecord> parse_exit_file(std::string_view text) {
  char kind[16] = "";
  int code = 0, oom = 0;
  long long finished = 0;
  if (std::sscanf(std::string(text).c_str(), "%15s %d %d %lld", kind, &code, &oom, &finished) != 4)
    return {};
  const std::string_view name = kind;
  if (name != "exited" && name != "signaled") return {};
  return monitor::ExitRecord{name == "signaled", code, oom == 1, finished};
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
