#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "integration/command.hpp"

// OCI bundles for tests of the command containerlib-runtime.
namespace tests {

/// What differs from a bundle whose mounts are /proc, /dev, /dev/pts and /sys, whose process is a
/// shell with the capabilities of root, and whose namespaces are all new but that of users (which
/// is new too for an ordinary user). Texts are JSON.
struct BundleConfig {
  std::string script = {};
  std::vector<std::string> mounts = {};  ///< after the others; see mount_json()
  std::string linux_members = {};        ///< further ones: R"(, "devices": [])"
  std::string root_members = {};
  std::string process_members = {};  ///< further ones, as linux_members
  std::string members = {};          ///< of the document: R"(, "hooks": {})"
  std::string user = R"({"uid": 0, "gid": 0})";
  std::string capabilities = {};  ///< the object; empty: those of root
  /// "type" for a new one, "type=path" for one that is there.
  std::vector<std::string> namespaces = {"mount", "pid", "network", "ipc", "uts", "cgroup"};
  bool user_namespace = false;            ///< ids from 100000 on; as an ordinary user, always
  bool own_sys = true;                    ///< a sysfs at /sys
  bool own_dev = true;                    ///< a new file system at /dev
  std::vector<std::string> options = {};  ///< of `run`
  std::string host_script = {};           ///< done before in namespaces of its own, by root
  std::vector<std::string> host_namespaces = {"--mount"};  ///< those, for unshare(1)
};

/// A bundle with a root file system of busybox, which everybody may change; removed at the end.
class Bundle {
 public:
  Bundle();
  Bundle(const Bundle&) = delete;
  ~Bundle();

  std::filesystem::path dir() const { return dir_; }
  std::filesystem::path rootfs() const { return dir_ / "rootfs"; }
  CommandResult run(const BundleConfig&) const;
  void configure(const BundleConfig&) const;
  /// The command with these words; --root is there already.
  CommandResult runtime(const std::vector<std::string>& words) const;

 private:
  std::filesystem::path dir_;
};

/// An entry of `mounts`. `more`: further members.
std::string mount_json(const std::string& destination, const std::string& type,
                       const std::string& source, const std::vector<std::string>& options,
                       const std::string& more = {});

}  // namespace tests
