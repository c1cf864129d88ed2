#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// linux.resources of the OCI runtime configuration (config-linux.md, "Control groups"). A field
// that is unset leaves the kernel's value as it is.
namespace containerlib::oci {

struct MemoryLimits {
  std::optional<std::int64_t> limit, swap, reservation;  ///< bytes; -1: no limit
  std::optional<std::int64_t> kernel, kernel_tcp;        ///< bytes; v1 only
  std::optional<std::uint64_t> swappiness;
  std::optional<bool> disable_oom_killer, use_hierarchy, check_before_update;
  bool swap_is_default = false;  ///< nobody asked: no error where swap is not accounted
  bool oom_group = false;        ///< v2: out of memory ends all processes; ours, not in the spec
};

struct CpuLimits {
  std::optional<std::uint64_t> shares, period, burst, realtime_period;  ///< times in microseconds
  std::optional<std::int64_t> quota, realtime_runtime, idle;
  std::optional<std::uint64_t> weight;  ///< v2's 1..10000; ours, the spec has shares only
  std::string cpus, mems;
};

struct BlockThrottle {
  std::int64_t major = 0, minor = 0;
  std::uint64_t rate = 0;
};
struct BlockWeight {
  std::int64_t major = 0, minor = 0;
  std::optional<std::uint16_t> weight, leaf_weight;
};
struct BlockLimits {
  std::optional<std::uint16_t> weight, leaf_weight;
  std::vector<BlockWeight> devices;
  std::vector<BlockThrottle> read_bps, write_bps, read_iops, write_iops;
};

struct HugepageLimit {
  std::string page_size;  ///< "2MB", "1GB"
  std::uint64_t limit = 0;
};

struct RdmaLimit {
  std::optional<std::uint32_t> handles, objects;
};

struct NetworkLimits {
  std::optional<std::uint32_t> class_id;
  std::map<std::string, std::uint32_t> priorities;  ///< by interface
};

struct DeviceRule {
  bool allow = false;
  char type = 'a';                           ///< 'a' (all), 'c', 'b'
  std::optional<std::int64_t> major, minor;  ///< unset: any
  std::string access;                        ///< of "rwm"; empty: all
};

struct Resources {
  std::vector<DeviceRule> devices;  ///< the last that matches counts
  MemoryLimits memory;
  CpuLimits cpu;
  std::optional<std::int64_t> pids_limit;  ///< below 0: no limit
  bool pids_limit_is_default = false;  ///< nobody asked: leave it out where it cannot be applied
  BlockLimits block;
  std::vector<HugepageLimit> hugepages;
  std::map<std::string, RdmaLimit> rdma;  ///< by device
  NetworkLimits network;
  std::map<std::string, std::string> unified;  ///< v2 file -> what is written to it
};

}  // namespace containerlib::oci
