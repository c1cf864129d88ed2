#pragma once
#include <sys/types.h>
#include <containerlib/fd.hpp>

#include <string>

namespace containerlib::bundle {

/// Where this process, which must have one thread, was when this was made.
class Whereabouts {
 public:
  Whereabouts();
  /// Back from another mount namespace.
  void go_back() const;

 private:
  Fd mounts_, root_, cwd_;
};

/// The root file system where criu mounts it from, which must be a mount point (criu(8), --root).
/// It is one in a mount namespace of its own, so that the host sees nothing of it. This process is
/// in that from the constructor until leave(); what it starts
/// meanwhile stays there.
class CriuRoot {
 public:
  /// `path`: a directory that is made, and removed in the end.
  CriuRoot(std::string path, const std::string& rootfs);
  CriuRoot(const CriuRoot&) = delete;
  ~CriuRoot();
  void leave();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Whereabouts host_;
  bool away_ = false;
};

/// Makes the root file system of a restored process read-only, which criu leaves out. This process
/// must have one thread.
void make_root_readonly(pid_t);

}  // namespace containerlib::bundle
