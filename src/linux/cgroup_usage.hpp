#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "linux/cgroup.hpp"

namespace containerlib::sys {

/// All that a container's groups count, from either version; what nothing counts is unset or empty.
/// (cgroup_stats() is the short form.)
struct CgroupUsage {
  using Count = std::optional<std::uint64_t>;

  /// `limit` is unset when there is none. `failed`: how often the limit was hit.
  struct Level {
    Count usage, max, limit, failed;
  };
  struct Cpu {
    Count total, user, kernel;  ///< nanoseconds
    std::vector<std::uint64_t> per_cpu, per_cpu_user, per_cpu_kernel;
    Count periods, throttled_periods, throttled_time;
  };
  struct Memory {
    Level usage, kernel, kernel_tcp;
    Level swap;  ///< memory and swap together
    Count cache;
    std::map<std::string, std::uint64_t> raw;  ///< memory.stat
  };
  struct Pids {
    Count current, limit;
  };
  struct IoEntry {
    std::uint64_t major = 0, minor = 0;
    std::string operation;  ///< "Read", "Write", …
    std::uint64_t value = 0;
  };
  struct Io {
    std::vector<IoEntry> service_bytes, serviced, queued, service_time, wait_time, merged, time,
        sectors;
  };
  struct RdmaEntry {
    std::string device;
    Count handles, objects;  ///< a limit that is unset is none
  };
  struct Rdma {
    std::vector<RdmaEntry> current, limit;
  };
  /// Share of the time in which some, or all, processes waited (psi.rst).
  struct Pressure {
    struct Line {
      double avg10 = 0, avg60 = 0, avg300 = 0;  ///< percent
      std::uint64_t total = 0;                  ///< microseconds
    };
    std::optional<Line> some, full;
  };

  Cpu cpu;
  Memory memory;
  Pids pids;
  Io io;
  std::map<std::string, Level> hugetlb;  ///< by page size
  Rdma rdma;
  std::optional<Pressure> cpu_pressure, memory_pressure, io_pressure;
};

/// Never throws for a group that is gone.
CgroupUsage cgroup_usage(const CgroupDirs&);

}  // namespace containerlib::sys
