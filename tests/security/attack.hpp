#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "integration/fixture.hpp"

// What the tests of attacks on paths share.
namespace tests {

/// A tree of the host that no attack may read or change: file, dir/file, null, ptmx. Removed at the
/// end.
class Canary {
 public:
  explicit Canary(std::filesystem::path dir);
  Canary(const Canary&) = delete;
  ~Canary();
  const std::filesystem::path& dir() const { return dir_; }
  /// The names of what has come, gone or changed (content, inode, owner, mode, times), one a line;
  /// empty: nothing has.
  std::string changes() const;
  static constexpr const char* secret = "content of the canary";

 private:
  using State = std::map<std::string, std::string>;
  State now() const;
  const std::filesystem::path dir_;
  State before_;
};

/// A thread that exchanges two paths (renameat2(RENAME_EXCHANGE)) without a rest.
class Exchanger {
 public:
  Exchanger(std::filesystem::path one, std::filesystem::path other);
  Exchanger(const Exchanger&) = delete;
  /// How often it has done so.
  long count() const { return count_; }

 private:
  std::atomic<long> count_ = 0;
  std::jthread thread_;
};

/// An image of busybox that `change` has made hostile; it is in the test's store until the object
/// ends.
class HostileImage {
 public:
  HostileImage(Containers&, const std::function<void(const std::filesystem::path& root)>& change);
  HostileImage(const HostileImage&) = delete;
  ~HostileImage();
  operator const cl::Image&() const { return *image_; }

 private:
  Containers& test_;
  std::optional<cl::Image> image_;
};

/// Puts a symlink in the place of whatever is at `path`, with the directories that lead to it.
void replace_by_link(const std::filesystem::path& path, const std::string& target);

}  // namespace tests
