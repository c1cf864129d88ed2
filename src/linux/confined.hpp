#pragma once
#include <unistd.h>

#include <cstdint>

namespace containerlib::sys {

/// Does work on trees that a container wrote in a process of its own, in which Landlock lets
/// nothing be opened, made or removed but below the paths that were allowed: a mistake in the work
/// ends there. Where the kernel has no Landlock (version 2, Linux 5.19) the work is done all the
/// same, in this process. Only for processes with one thread that may have children.
class Confined {
 public:
  Confined();
  Confined(const Confined&) = delete;
  ~Confined();
  /// Rights of linux/landlock.hpp, at and below this directory. One that is not there is left out.
  void allow(const char* path, std::uint64_t access);
  /// What `work` returns: 0 or a negative errno.
  template <class Work>
  int run(Work work) {
    if (ruleset_ < 0) return work();
    // A domain is one of the process's credentials, which it does not share with its memory.
    const pid_t child = ::vfork();
    if (child < 0) return work();
    if (child == 0) {
      const int entered = enter();
      ::_exit(-(entered < 0 ? entered : work()));
    }
    return result_of(child);
  }

 private:
  int enter() const;
  static int result_of(pid_t child);
  int ruleset_ = -1;
  std::uint64_t files_ = 0;
};

/// remove_tree() of an absolute path, confined.
int remove_tree_confined(const char* path);

}  // namespace containerlib::sys
