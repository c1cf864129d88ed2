#pragma once
#include <containerlib/fd.hpp>

#include <string>

namespace containerlib::bundle {

/// The root file system where criu mounts it from, which must be a mount point (criu(8), --root).
/// It is one in a mount namespace of its own, so that the host sees nothing of it. This process,
/// which must have one thread, is in that from the constructor until leave(); what it starts
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
  Fd mounts_, root_, cwd_;  ///< of the host
};

}  // namespace containerlib::bundle
