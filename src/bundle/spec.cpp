#include "bundle/spec.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "linux/text.hpp"
#include "oci/json.hpp"
#include "oci/runtime_spec_json.hpp"
#include "sandbox/compile.hpp"
#include "sandbox/seccomp/filter.hpp"

namespace containerlib::bundle {
namespace {

constexpr const char* file = "config.json";

}  // namespace

std::string read_config(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    throw_errno(errno, "open bundle's configuration", path,
                errno == ENOENT ? "a bundle is a directory with config.json" : "");
  return sys::read_all(fd.get(), oci::json::max_config_size, path);
}

void keep_config(const ContainerDir& dir, const std::string& config) { dir.write(file, config); }

oci::RuntimeSpec parse_spec(const Host& host, const std::string& id, const std::string& config,
                            const std::string& path) {
  std::vector<std::string> warnings;
  oci::RuntimeSpec spec = oci::parse_runtime_spec(config, path, &warnings);
  for (const std::string& warning : warnings) host.warn(warning);
  spec.id = id;
  return spec;
}

oci::RuntimeSpec kept_spec(const ContainerDir& dir) {
  const std::optional<std::string> config = dir.read(file);
  if (!config) throw_errno(ENOENT, "open", dir.path_of(file));
  std::vector<std::string> told_before;
  oci::RuntimeSpec spec = oci::parse_runtime_spec(*config, dir.path_of(file), &told_before);
  spec.id = dir.id();
  return spec;
}

void load_seccomp(const Host& host, const oci::RuntimeState& state, oci::RuntimeSpec& spec) {
  if (!spec.seccomp_profile) return;
  std::vector<std::string> unknown;
  spec.seccomp = sandbox::load_profile(*spec.seccomp_profile, default_root() + "/.cache/seccomp",
                                       state, unknown);
  for (const std::string& name : unknown)
    host.warn("linux.seccomp: no architecture has a system call " + printable(name));
}

sandbox::LaunchPlan compile(const Host& host, const Record& record, const oci::RuntimeSpec& spec) {
  sandbox::BundleRoot root;
  root.path = record.rootfs;
  root.bundle = record.bundle;
  root.no_pivot = record.no_pivot;
  root.no_new_keyring = record.no_new_keyring;
  return sandbox::compile(spec, root, host.facts);
}

}  // namespace containerlib::bundle
