#pragma once
#include <linux/sched.h>

#include <string_view>

#include "monitor/life_record.hpp"
#include "monitor/message.hpp"
#include "sandbox/execute/execute.hpp"

// The monitor program's own state. Single-threaded; everything below lives in this process only.
namespace containerlib::monitor {

/// Copies of texts, each followed by a NUL, in one allocation.
struct Texts {
  char* data = nullptr;
  std::size_t size = 0;
  const char* begin() const { return data; }
  const char* end() const { return data + size; }
  bool empty() const { return size == 0; }
  void add(std::string_view);
  void clear();
};

/// Calls visit(const char*) for each text.
template <class Visit>
void for_each(const Texts& texts, Visit visit) {
  for (const char* t = texts.begin(); t && t < texts.end(); t += std::strlen(t) + 1) visit(t);
}

struct Running;

/// What epoll watches: which event of which process.
struct Source {
  enum class Kind : std::uint8_t {
    control,
    host,
    start,
    end,
    output,
    restored
  } kind = Kind::control;
  Running* of = nullptr;
  int fd = -1;
  /// output only: 1 is stdout, 2 is stderr.
  int stream = 0;
  char* line = nullptr;  ///< what has come of an unfinished line
  std::size_t held = 0;
  bool in_part = false;       ///< the last record is one that another is to go on
  bool rest_is_lost = false;  ///< and that could not be written
};

/// One process and all that goes with it.
struct Running {
  Running* next = nullptr;
  Texts id, log_file, state_file, life_file, remove_after, remove_on_host_death, cgroups;
  Texts joined;               ///< the groups of the container that an exec'd process has joined
  long oom_kills_before = 0;  ///< in these groups
  long oom_kills_seen = 0;    ///< before they were removed
  bool attached = true;       ///< dies with the host
  bool keeps_terminal = false;
  bool started = false;
  bool restoring = false;  ///< `pid` is a criu's (-1: it has ended), the container's is to come
  pid_t pid = -1;
  int channel = -1;
  int terminal = -1;            ///< until `started` is sent
  int holds[descriptor_limit];  ///< the request's descriptors; -1: closed
  int hold_count = 0;
  int log = -1;
  bool log_is_torn = false;  ///< its last record is not whole
  int state = -1, life = -1;
  std::int64_t started_ns = 0;
  Source start, end, output[2];
  Source restored;  ///< while restoring: the channel
};

struct Monitor {
  int epoll = -1;
  Source control;
  /// Its pidfd: a child that it has forked may keep its end of the control socket open.
  Source host;
  bool host_gone = false;
  /// Its limit of descriptors, which is a container's too; our own is as high as it may be.
  rlimit files = {};
  bool files_raised = false;
  Running* first = nullptr;
  Texts parents;  ///< cgroups that containers' groups were made in
};

// request.cpp
/// Takes the descriptors over; the first is the channel.
Running& add_running(Monitor&, const int* fds, int count);
/// What precedes the plan in a launch request.
void read_request(Running&, const LaunchHead&, Reader&);
/// Says that a request cannot be handled, and closes its descriptors.
void refuse(RequestType, int* fds, int count, int errnum);

// launch.cpp
/// Handles a launch request; `fds` are taken over.
void launch(Monitor&, const LaunchHead&, Reader&, int* fds, int count);

// started.cpp
/// Its command runs: tells those who wait for it.
void on_started(Monitor&, Running&);
/// What the process says it has failed at, if it says so; else `ours`, which may have failed for
/// want of the process.
sandbox::Failure said_failure(int socket, const sandbox::Failure& ours);
/// The new process's socket has something: its terminal, a failed step, or the end of file
/// (execve).
void on_start_event(Monitor&, Running&);

// restored.cpp
/// The criu runs: waits for what it restores.
int await_restored(Monitor&, Running&);
/// The host has told the restored process, or gives it up.
void on_restored_event(Monitor&, Running&);
void abandon_restore(Monitor&, Running&);
/// Reaps it; by force, if it must be.
void end_criu(Monitor&, Running&);
/// Ends what a criu has made and nobody has taken.
void end_strays(const Monitor&);

// end.cpp
/// The process has ended: reap, report, clean up, forget.
void on_end_event(Monitor&, Running&);
void kill_process(Running&);
/// How often the kernel has killed for want of memory in the process's groups.
long oom_kills(const Running&);
void report_failure(Monitor&, Running&, std::uint32_t step, int errnum);

// log.cpp
/// Reads what a stream has and appends it to the log. False at its end.
bool pump(Running&, Source&);
/// Reads all that is left and writes an unfinished line.
void finish_output(Running&, Source&);

// watch.cpp
/// Takes the descriptor over: 0 or errno.
int watch(Monitor&, Source&, Source::Kind, Running*, int fd);
void unwatch(Monitor&, Source&);
void close_source(Source&);
/// Everything that is open for it.
void close_all(Running&);
void send_event(int channel, const Event&, const int* fds, int count);
std::int64_t now_ns();
/// Decimal digits of `value` into `out` (24 bytes are enough); returns their number.
std::size_t format(char* out, std::int64_t value);

// owners.cpp
/// Applies a list of owners below `dir`; 0 or the errno of the first that failed.
int apply_owners(Reader&, int dir);

// shift.cpp
/// Copies a container's layers with its own ids; 0 or errno.
int shift_layers(Reader&);

// files.cpp
/// Opens and locks state and life file, and opens the log: 0 or errno.
int open_files(Running&);
/// Says in them that it runs: 0 or errno.
int tell_that_it_runs(Running&);
void tell_how_it_ended(const Running&, const Event&);
/// Others may have the container now.
void let_go_of_life(Running&);

// setup.cpp
/// Moves this process into a user namespace (and a mount namespace) of the user's. The arguments
/// are those of newuidmap and newgidmap after the process id, and where these are; empty: only the
/// own id is mapped. 0 or errno.
int enter_user_namespace(std::string_view uid_args, std::string_view gid_args,
                         std::string_view tools);

}  // namespace containerlib::monitor
