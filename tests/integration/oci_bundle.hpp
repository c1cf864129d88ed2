#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "integration/command.hpp"
#include "integration/leaks.hpp"

// Containers of the command containerlib-runtime through all their life.
namespace tests {

/// A configuration, in pieces of JSON: "…_members" begin with a comma.
struct OciConfig {
  std::vector<std::string> args = {"sleep", "1000"};
  std::string process_members = {}, linux_members = {}, members = {};
  /// With a user namespace added for an ordinary user.
  std::vector<std::string> namespaces = {"pid", "mount", "ipc", "uts", "network", "cgroup"};
};

/// Text as a JSON string.
std::string quoted(const std::string& text);

/// A bundle with busybox, a --root of its own, and ids that nobody else has. The destructor removes
/// all containers that are left, then everything else.
class OciBundle {
 public:
  OciBundle();
  OciBundle(const OciBundle&) = delete;
  ~OciBundle();

  const std::filesystem::path& dir() const { return dir_; }
  std::filesystem::path root() const { return dir_ / "state"; }
  std::filesystem::path rootfs() const { return dir_ / "rootfs"; }
  void configure(const OciConfig& = {}) const;
  std::string new_id();

  /// The command with these words; --root is there already.
  std::vector<std::string> line(const std::vector<std::string>& words) const;
  CommandResult runtime(const std::vector<std::string>& words, const CommandOptions& = {}) const;
  /// For what leaves processes behind, which keep the standard streams: those are files here.
  CommandResult detached(const std::vector<std::string>& words,
                         const CommandOptions& options = {}) const;
  /// What processes behind have written to standard output.
  std::string output() const;

  CommandResult create(const std::string& id) const;
  /// A new container that runs. Throws when it does not.
  std::string running();
  void remove(const std::string& id) const;
  /// delete --force, and reaps whatever else ends meanwhile, as an engine does: process 1 of a pid
  /// namespace does not end before all in it are reaped, and the parent of an exec's process that
  /// was left behind is this process.
  CommandResult remove_reaping(const std::string& id) const;
  /// "running"; empty: no such container.
  std::string status(const std::string& id) const;
  int pid(const std::string& id) const;

  /// After all containers were deleted: what is there that should not, one thing a line.
  std::string leaks() const;

 private:
  std::filesystem::path dir_;
  std::string prefix_;
  int count_ = 0;
  Traces before_;
};

/// The text of a member, or the digits of a number: `"name":"text"`. Empty: none.
std::string json_member(const std::string& json, const std::string& name);

}  // namespace tests
