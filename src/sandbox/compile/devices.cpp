#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/error.hpp"
#include "sandbox/compile/compiler.hpp"
#include "sandbox/compile/mount_target.hpp"

namespace containerlib::sandbox {
namespace {

struct Default {
  const char* path;
  std::uint32_t major, minor;
};
// runtime-spec config-linux.md, "Default Devices"; admin-guide/devices.txt has the numbers.
constexpr Default defaults[] = {{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
                                {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0}};
constexpr std::array<const char*, 2> links[] = {{"/dev/fd", "/proc/self/fd"},
                                                {"/dev/stdin", "/proc/self/fd/0"},
                                                {"/dev/stdout", "/proc/self/fd/1"},
                                                {"/dev/stderr", "/proc/self/fd/2"},
                                                {"/dev/ptmx", "pts/ptmx"}};

std::uint32_t file_type(const oci::Device& device) {
  switch (device.type) {
    case 'c':
    case 'u': return S_IFCHR;
    case 'b': return S_IFBLK;
    case 'p': return S_IFIFO;
  }
  throw_error(Errc::invalid_option, "compile", "linux.devices", "a type is none of c, b, u, p");
}

void add_device(Compiler& c, const std::string& path, const oci::Device& d) {
  c.plan.inside.push_back(
      {.op = Op::make_device,
       .make_device = {c.place_of(path), file_type(d), static_cast<std::uint32_t>(d.major),
                       static_cast<std::uint32_t>(d.minor), d.file_mode.value_or(0666) & 07777,
                       d.uid.value_or(0), d.gid.value_or(0)}});
}

void add_defaults(Compiler& c) {
  for (const Default& d : defaults) {
    const auto& own = c.spec.devices;
    if (std::none_of(own.begin(), own.end(), [&](const oci::Device& device) {
          return clean_target(device.path) == d.path;
        }))
      add_device(c, d.path, {d.path, 'c', d.major, d.minor, {}, {}, {}});
  }
  for (const auto& [path, target] : links)
    c.plan.inside.push_back(
        {.op = Op::make_link,
         // What an image has there is of no use: the container has a devpts of its own.
         .make_link = {c.place_of(path), c.plan.text(target), path == std::string("/dev/ptmx")}});
}

/// A privileged container's list of the host's nodes has /dev/ptmx too.
bool is_link(const std::string& path) {
  return std::any_of(std::begin(links), std::end(links),
                     [&](const auto& link) { return path == link[0]; });
}

/// A /dev of the host is the host's to fill.
bool has_own_dev(const oci::RuntimeSpec& spec) {
  for (auto mount = spec.mounts.rbegin(); mount != spec.mounts.rend(); ++mount)
    if (clean_target(mount->destination) == "/dev") {
      const MountOptions options = parse_mount_options(mount->options);
      if (!options.remount) return mount->type != "bind" && !options.bind;
    }
  return true;
}

}  // namespace

void Compiler::bind_default_devices(Slot dev) {
  for (const Default& d : defaults) {
    const Text path = plan.text(d.path);
    plan.inside.push_back(
        {.op = Op::bind_device, .bind_device = {path, dev, path, d.major, d.minor}});
  }
  for (const auto& [path, target] : links)
    plan.inside.push_back(
        {.op = Op::make_symlink, .make_symlink = {dev, plan.text(path), plan.text(target)}});
}

void Compiler::devices() {
  const bool own_dev = has_own_dev(spec);
  if (bundle && own_dev) add_defaults(*this);
  for (const oci::Device& device : spec.devices) {
    const std::string path = clean_target(device.path);
    if (path == "/" || is_within(path, "/proc") || is_within(path, "/sys"))
      throw_error(Errc::invalid_option, "compile", "linux.devices",
                  printable(path) + " is no place for a device");
    // An overlay is mounted nodev; in a user namespace the host's node is bound over a file.
    if (!bundle && !find_namespace("user") && !is_within(path, "/dev"))
      throw_error(Errc::unsupported, "compile", "linux.devices",
                  printable(path) + ": with the host's ids devices are below /dev only");
    if (own_dev ? !is_link(path) : !is_within(path, "/dev")) add_device(*this, path, device);
  }
}

}  // namespace containerlib::sandbox
