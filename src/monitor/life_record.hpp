#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

// What is known of a container's life, as it lies in a file. Host and monitor both write it.
namespace containerlib::monitor {

/// How a process ended, as the monitor saw it.
struct ExitRecord {
  bool signaled = false;
  int code = 0;  ///< exit code or signal
  bool oom_killed = false;
  std::int64_t finished_ns = 0;  ///< CLOCK_REALTIME
};

struct LifeRecord {
  enum class State : std::uint8_t { created, running, ended };
  State state = State::created;
  int pid = 0;                  ///< running: of its process 1
  std::int64_t started_ns = 0;  ///< running and ended; CLOCK_REALTIME
  ExitRecord exit;              ///< ended
};

/// A record is a line of this many bytes, whatever it says. So it is overwritten in place, and what
/// the host has written before the start is room that no full disk can take away from the end.
inline constexpr std::size_t life_record_size = 64;

/// "WORD NUMBER OOM STARTED FINISHED", blanks, WORD and a newline. WORD is created, running (NUMBER
/// is the process id), exited (the exit code) or signaled (the signal).
void format_life(char (&out)[life_record_size], const LifeRecord&);
/// False: no record, or one that is just being written, which has different words at its ends.
bool parse_life(std::string_view, LifeRecord&);

}  // namespace containerlib::monitor
