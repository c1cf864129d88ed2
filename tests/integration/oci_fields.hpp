#pragma once
#include <string>
#include <vector>

// Fields of the OCI configuration that one process can look at, in a container however it was made:
// for the tests of the command containerlib-runtime and of ContainerOptions::unsafe_oci_spec.
namespace tests {

/// Texts are members of JSON objects: R"("umask": 63)".
struct FieldCase {
  const char* name;
  std::string script;                                    ///< for the shell of busybox
  std::string out;                                       ///< what it prints then
  std::string process = {}, section = {}, members = {};  ///< of process, linux, the document
  std::vector<std::string> namespaces = {};              ///< types of new ones, besides the usual
};

/// "NICE POLICY RTPRIORITY" of /proc/PID/stat (proc(5)).
inline constexpr const char* scheduling = "exec awk '{print $19, $41, $40}' /proc/self/stat";

inline std::vector<FieldCase> field_cases() {
  return {
      {.name = "rlimits",
       .script = "ulimit -Sn; ulimit -Hn; ulimit -c",
       .out = "55\n66\n0\n",
       .process = R"("rlimits": [{"type": "RLIMIT_NOFILE", "soft": 55, "hard": 66},)"
                  R"( {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}])"},
      {.name = "oomScoreAdj",
       .script = "cat /proc/self/oom_score_adj",
       .out = "700\n",
       .process = R"("oomScoreAdj": 700)"},
      {.name = "noNewPrivileges",
       .script = "grep NoNewPrivs /proc/self/status",
       .out = "NoNewPrivs:\t1\n",
       .process = R"("noNewPrivileges": true)"},
      {.name = "SCHED_BATCH",
       .script = scheduling,
       .out = "7 3 0\n",
       .process = R"("scheduler": {"policy": "SCHED_BATCH", "nice": 7})"},
      {.name = "SCHED_IDLE",
       .script = scheduling,
       .out = "0 5 0\n",
       .process = R"("scheduler": {"policy": "SCHED_IDLE"})"},
      {.name = "ioPriority",
       .script = "ionice -p $$",
       .out = "idle\n",
       .process = R"("ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 0})"},
      {.name = "personality",
       .script = "uname -m",
       .out = "i686\n",
       .section = R"("personality": {"domain": "LINUX32"})"},
      {.name = "memoryPolicy",
       .script = "awk 'NR == 1 {print $2}' /proc/self/numa_maps",
       .out = "bind:0\n",
       .section = R"("memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0"})"},
      {.name = "hostname, domainname",
       .script = "hostname; cat /proc/sys/kernel/domainname",
       .out = "box\nexample\n",
       .members = R"("hostname": "box", "domainname": "example")"},
      {.name = "sysctl",
       .script = "cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/core/somaxconn",
       .out = "1\n99\n",
       .section = R"("sysctl": {"net.ipv4.ip_forward": "1", "net/core/somaxconn": "99"})"},
      {.name = "timeOffsets",
       .script = "cat /proc/self/timens_offsets | tr -s ' '",
       .out = "monotonic 1000 5\nboottime 100000 0\n",
       .section = R"("timeOffsets": {"monotonic": {"secs": 1000, "nanosecs": 5},)"
                  R"( "boottime": {"secs": 100000}})",
       .namespaces = {"time"}},
  };
}

}  // namespace tests
