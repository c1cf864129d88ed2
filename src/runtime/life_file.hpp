#pragma once
#include <containerlib/container.hpp>
#include <containerlib/fd.hpp>

#include <string>

#include "monitor/life_record.hpp"
#include "runtime/claim.hpp"

// The file "life" in a container's directory: what has become of it, and whether it runs. Lines:
// the LifeRecord, which the monitor overwrites in place when it has started and when it has ended
// (so a start that fails leaves the last end as it was), and the run directory it was started with
// last. Whoever starts, runs or removes the container has a claim on it. The state file says more
// of one that runs, but only in its run directory; this one is seen from every other one as well.
namespace containerlib::runtime {

struct Life {
  monitor::LifeRecord record;
  std::string run_root;  ///< empty: never started
};

std::string life_path(const std::string& dir);
/// Makes it in a container's directory where there is none.
Claim make_life(const std::string& dir, const Life&);
/// O_RDONLY or O_RDWR, for a claim; an empty Fd when there is none.
Fd open_life(const std::string& dir, int access);
/// What it says, and knows: one that says running, but on which nobody has a claim, was killed
/// together with its monitor.
Life life_now(int fd);
/// Notes the run directory for a start.
void note_run_root(const Claim&, const std::string& run_root);

ExitStatus to_status(const monitor::ExitRecord&, std::optional<Bytes> memory_limit);

}  // namespace containerlib::runtime
