#pragma once
#include <cstddef>
#include <cstdint>

// Copies trees that came from an image or a container, so nothing in them is trusted: every name is
// one component, opened without following it. Raw system calls; safe between clone and execve.
namespace containerlib::sys {

/// Ids from `from` on become those from `to` on.
struct ShiftedIds {
  std::uint32_t from, to, count;
};
/// None: the ids stay. Those that are in none of the ranges become what 0 becomes.
struct IdShift {
  const ShiftedIds* ranges = nullptr;
  std::size_t count = 0;

  std::uint32_t operator()(std::uint32_t id) const;
};

struct TreeCopy {
  int depth;  ///< at most so many directories below one another; else ELOOP
  IdShift uids = {}, gids = {};
  /// A directory of the target's file system that nobody else uses, empty, where files with several
  /// names get one that is left there; -1: each name gets a file of its own.
  int links = -1;
};

/// All that is in a directory into another one, with owners, modes, attributes and times. 0 or
/// -errno.
int copy_entries(int from, int to, const TreeCopy&);
/// The same for owner, mode, attributes and times of the directory itself.
int copy_details(int from, int to, const TreeCopy&);

}  // namespace containerlib::sys
