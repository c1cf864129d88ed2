#pragma once
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
    const long child = begin();
    if (child < 0) return work();
    if (child == 0) end(work());
    return result_of(child);
  }

 private:
  /// As fork(2): 0 in the new process, confined. Negative: there is none.
  long begin();
  [[noreturn]] static void end(int result);
  static int result_of(long child);
  int ruleset_ = -1;
  std::uint64_t files_ = 0;
};

/// remove_tree() of an absolute path, confined.
int remove_tree_confined(const char* path);

}  // namespace containerlib::sys
