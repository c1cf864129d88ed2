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
  bool user_namespace = false;            ///< ids from 100000 on; as an ordinary user, always
  bool own_dev = true;                    ///< a new file system at /dev
  std::vector<std::string> options = {};  ///< of `run`
  std::string host_script = {};           ///< done before in a mount namespace of its own, by root
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

 private:
  std::filesystem::path dir_;
};

/// An entry of `mounts`. `more`: further members.
std::string mount_json(const std::string& destination, const std::string& type,
                       const std::string& source, const std::vector<std::string>& options,
                       const std::string& more = {});

}  // namespace tests
