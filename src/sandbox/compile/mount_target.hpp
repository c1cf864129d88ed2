#pragma once
#include <string>

// Where in the container something may be mounted.
namespace containerlib::sandbox {

/// An absolute path without "..", "." and empty components; a relative one is relative to "/".
std::string clean_target(const std::string& path);

/// Symlinks on the way to this (clean) target are followed, within the root. Elsewhere the target
/// must be what it is called: a symlink there is an attack (SEC-02).
bool may_follow(const std::string& target);

/// Whether a bind may cover this (clean) target below /proc: the rest of /proc is what tells the
/// runtime, and its user, what the container is (SEC-01).
bool may_cover(const std::string& target);

/// `path` is `directory` or below it.
bool is_within(const std::string& path, const std::string& directory);

}  // namespace containerlib::sandbox
