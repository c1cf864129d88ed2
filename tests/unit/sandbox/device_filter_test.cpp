#include "sandbox/compile/device_filter.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <containerlib/error.hpp>
#include <containerlib/fd.hpp>

#include <functional>
#include <ostream>
#include <stdexcept>

#include "linux/cgroup_layout.hpp"
#include "linux/cgroup_walk.hpp"
#include "linux/device_program.hpp"
#include "support/skip.hpp"

using namespace containerlib;

namespace {

constexpr unsigned r = sandbox::device_read, w = sandbox::device_write, m = sandbox::device_mknod;

/// What the kernel would do: only the instructions that the filter uses.
bool run(const std::vector<bpf_insn>& program, char type, unsigned major, unsigned minor,
         unsigned access) {
  const __u32 kind = type == 'c' ? BPF_DEVCG_DEV_CHAR : BPF_DEVCG_DEV_BLOCK;
  const __u32 context[] = {access << 16 | kind, major, minor};
  __u32 reg[11] = {};
  for (std::size_t at = 0; at < program.size(); ++at) {
    const bpf_insn& i = program[at];
    const auto imm = static_cast<__u32>(i.imm);
    __u32& dst = reg[i.dst_reg];
    const auto jump_if = [&](bool condition) {
      at += condition ? static_cast<std::size_t>(i.off) : 0;
    };
    switch (i.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        REQUIRE(i.src_reg == 1);
        dst = context[i.off / 4];
        break;
      case BPF_ALU | BPF_AND | BPF_K: dst &= imm; break;
      case BPF_ALU | BPF_RSH | BPF_K: dst >>= imm; break;
      case BPF_ALU | BPF_MOV | BPF_K: dst = imm; break;
      case BPF_JMP32 | BPF_JNE | BPF_K: jump_if(dst != imm); break;
      case BPF_JMP32 | BPF_JSET | BPF_K: jump_if(dst & imm); break;
      case BPF_JMP | BPF_JA: jump_if(true); break;
      case BPF_JMP | BPF_EXIT: return reg[0] == 1;
      default: throw std::logic_error("unknown instruction");
    }
  }
  throw std::logic_error("no end");
}

oci::DeviceRule rule(bool allow, char type = 'a', std::optional<std::int64_t> major = {},
                     std::optional<std::int64_t> minor = {}, const char* access = "rwm") {
  return {allow, type, major, minor, access};
}

std::string lines(const std::vector<oci::DeviceRule>& rules) {
  std::string out;
  for (const sandbox::DeviceLine& line : sandbox::device_lines(sandbox::device_rules(rules)))
    out += std::string(line.file) + " " + line.value + "\n";
  return out;
}

const std::string default_lines =
    "devices.allow c *:* m\ndevices.allow b *:* m\ndevices.allow c 1:3 rwm\n"
    "devices.allow c 1:5 rwm\ndevices.allow c 1:7 rwm\ndevices.allow c 1:8 rwm\n"
    "devices.allow c 1:9 rwm\ndevices.allow c 5:0 rwm\ndevices.allow c 5:1 rwm\n"
    "devices.allow c 5:2 rwm\ndevices.allow c 136:* rwm\n";

/// The rule that counts for each kind of access, looked for as the documentation says it.
bool expected(const std::vector<oci::DeviceRule>& rules, char type, unsigned major, unsigned minor,
              unsigned access) {
  for (const unsigned bit : {r, w, m}) {
    if (!(access & bit)) continue;
    bool allow = false;
    for (const oci::DeviceRule& rule : rules) {
      const char letter = bit == r ? 'r' : bit == w ? 'w' : 'm';
      if ((rule.type == 'a' || rule.type == type) && rule.major.value_or(major) == major &&
          rule.minor.value_or(minor) == minor &&
          (rule.access.empty() || rule.access.find(letter) != std::string::npos))
        allow = rule.allow;
    }
    if (!allow) return false;
  }
  return true;
}

const std::vector<std::vector<oci::DeviceRule>> samples = {
    {},
    {rule(false)},
    {rule(true)},
    {rule(false), rule(true, 'c', 10, 229, "rw")},
    {rule(false), rule(true, 'b', 8, 0, "r"), rule(true, 'b', 8, {}, "w")},
    {rule(true), rule(false, 'b', 8)},
    {rule(true), rule(false, 'b', 8, 0, "w"), rule(true, 'b', 8, 0, "w")},
    {rule(false, 'c', 10), rule(true), rule(false, 'c', 10, 200, "rw")},
    {rule(false), rule(true, 'a', 10, 200)},
    {rule(false), rule(true, 'c', 10, {}), rule(false, 'c', 10, 200, "w")},
    {rule(false), rule(true, 'c', {}, 200, "r"), rule(true, 'c', 4294967295)}};

bool is_default(char type, unsigned major, unsigned minor) {
  return type == 'c' && (major == 136 || (major == 5 && minor <= 2) ||
                         (major == 1 && (minor == 3 || minor == 5 || (minor >= 7 && minor <= 9))));
}

}  // namespace

TEST_CASE("the last rule that matches counts, for each kind of access") {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::vector<bpf_insn> program = sandbox::device_filter(sandbox::device_rules(samples[i]));
    for (const char type : {'c', 'b'})
      for (const unsigned major : {1u, 5u, 8u, 10u, 136u, 4294967295u})
        for (const unsigned minor : {0u, 1u, 3u, 200u, 229u})
          for (unsigned access = 1; access <= 7; ++access) {
            CAPTURE(i);
            CAPTURE(type);
            CAPTURE(major);
            CAPTURE(minor);
            CAPTURE(access);
            // Nodes may be made, and the default devices used, whatever the rules say.
            const bool allowed = is_default(type, major, minor) || access == m ||
                                 expected(samples[i], type, major, minor, access & (r | w));
            CHECK(run(program, type, major, minor, access) == allowed);
          }
  }
}

TEST_CASE("when all is allowed nothing has to be done") {
  CHECK(sandbox::device_rules({rule(true)}).all());
  CHECK(sandbox::device_rules({rule(false), rule(true, 'a', -1, -1, "")}).all());
  CHECK_FALSE(sandbox::device_rules({rule(true, 'a', {}, {}, "rw")}).all());
  CHECK_FALSE(sandbox::device_rules({}).all());
}

TEST_CASE("rules as v1 takes them") {
  CHECK(lines({}) == "devices.deny a\n" + default_lines);
  CHECK(lines({rule(false), rule(true, 'b', 8, 0, "r"), rule(true, 'b', 8, 0, "w")}) ==
        "devices.deny a\ndevices.allow b 8:0 rwm\n" + default_lines);
  CHECK(lines({rule(false), rule(true, 'c', 10, 200), rule(false, 'c', 10)}) ==
        "devices.deny a\n" + default_lines);
  CHECK(lines({rule(true), rule(false, 'b', 8, {}, "w")}) ==
        "devices.allow a\ndevices.deny b 8:* w\n");
  // A part of an access each: v1 wants it in one.
  CHECK(lines({rule(false), rule(true, 'b', 8, {}, "r"), rule(true, 'b', 8, 1, "w")}) ==
        "devices.deny a\ndevices.allow b 8:* rm\ndevices.allow b 8:1 rwm\n" + default_lines);
  CHECK_THROWS_WITH_AS(lines({rule(false), rule(true, 'c', 10), rule(false, 'c', 10, 200)}),
                       "allow device linux.resources.devices: not supported here "
                       "(cgroup v1 cannot except c 10:200 rwm from c 10:* rwm)",
                       Error);
}

TEST_CASE("rules that make no sense name themselves") {
  const std::vector<oci::DeviceRule> wrong[] = {{rule(false), rule(true, 'x')},
                                                {rule(false), rule(true, 'c', 1, 2, "rx")},
                                                {rule(false), rule(true, 'c', -2)}};
  for (const auto& rules : wrong) try {
      sandbox::device_rules(rules);
      CHECK(false);
    } catch (const Error& error) {
      CHECK(error.code() == Errc::invalid_option);
      CHECK(error.subject() == "linux.resources.devices[1]");
    }
}

namespace {

/// A v2 group of our own; empty where none can be made.
struct Group {
  Group() {
    const sys::CgroupFacts facts = sys::find_cgroups();
    if (facts.unified.empty()) return;
    path = facts.unified.substr(0, facts.unified.rfind('/')) + "/unit-devices-" +
           std::to_string(::getpid());
    if (::mkdir(path.c_str(), 0755) != 0) path.clear();
  }
  ~Group() {
    if (!path.empty()) ::rmdir(path.c_str());
  }
  int set(const std::vector<oci::DeviceRule>& rules) const {
    const Fd group(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const auto program = sandbox::device_filter(sandbox::device_rules(rules));
    return sys::set_device_program(group.get(), program.data(), program.size());
  }
  /// The exit code of `work`, done in the group.
  int in(const std::function<int()>& work) const {
    const pid_t child = ::fork();
    if (child == 0) {
      if (sys::write_control(path + "/cgroup.procs", std::to_string(::getpid())) != 0) ::_exit(99);
      ::_exit(work());
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string path;
};

int opens(const char* path, int flags) {
  const Fd fd(::open(path, flags | O_CLOEXEC));
  return fd ? 0 : errno;
}

}  // namespace

TEST_CASE("the kernel takes the program, does as it says, and takes another one in its place") {
  SKIP_IF(::geteuid() != 0, "needs root");
  const Group group;
  SKIP_IF(group.path.empty(), "no cgroup v2 to make a group in");
  const auto open_kmsg = [] { return opens("/dev/kmsg", O_RDONLY); };
  SKIP_IF(open_kmsg() != 0, "no /dev/kmsg to be denied");
  REQUIRE(group.in(open_kmsg) == 0);
  const int result = group.set({rule(false), rule(true, 'c', 1, 1, "r")});
  SKIP_IF(result == -EPERM, "may not load BPF programs");
  REQUIRE(result == 0);
  CHECK(group.in(open_kmsg) == EPERM);
  CHECK(group.in([] { return opens("/dev/null", O_RDWR); }) == 0);
  CHECK(group.in([] {
    const std::string node = "/tmp/unit-devices-" + std::to_string(::getpid());
    const int made = ::mknod(node.c_str(), S_IFBLK | 0600, makedev(1, 0)) == 0 ? 0 : errno;
    const int opened = opens(node.c_str(), O_RDONLY);
    ::unlink(node.c_str());
    return made != 0 ? made : opened == EPERM ? 0 : 1;
  }) == 0);
  REQUIRE(group.set({rule(false), rule(true, 'c', 1, 11, "r")}) == 0);
  CHECK(group.in(open_kmsg) == 0);
  CHECK(group.in([] { return opens("/dev/kmsg", O_RDWR); }) == EPERM);
  for (const auto& rules : samples) {
    if (sandbox::device_rules(rules).all()) continue;
    CHECK(group.set(rules) == 0);
  }
}
