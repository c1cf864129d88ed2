#pragma once
#include <containerlib/fd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace containerlib::bundle {

/// Where the records of containers are: /run/containerlib-runtime, for an ordinary user below
/// XDG_RUNTIME_DIR (without one: /tmp/containerlib-runtime-UID).
std::string default_root();

/// The directory of one container below such a root, 0700, named by its id. With its lock, which
/// goes with the object, commands that change the container run one after another.
class ContainerDir {
 public:
  /// Makes it, locked, and the root if need be. Throws invalid_option for an id that could not be a
  /// name, name_in_use when there is one.
  static ContainerDir create(const std::string& root, const std::string& id);
  /// Throws container_not_found. Without the lock it can be looked at while a command (a hook is
  /// run by one) works on it.
  static ContainerDir open(const std::string& root, const std::string& id);
  static ContainerDir open_locked(const std::string& root, const std::string& id);
  static std::optional<ContainerDir> open_if_exists(const std::string& root, const std::string& id);
  /// Takes the lock. False: it was removed meanwhile.
  bool lock();
  /// Takes it if no other process has it.
  bool lock_at_once();
  /// Whether some process has the lock.
  bool is_locked() const;

  const std::string& id() const { return id_; }
  int fd() const { return fd_.get(); }
  std::string path_of(std::string_view file) const { return path_ + '/' + std::string(file); }

  /// nullopt: there is no such file.
  std::optional<std::string> read(const char* file) const;
  /// Replaces the file as a whole or not at all.
  void write(const char* file, std::string_view content) const;
  bool has(const char* file) const;
  /// No error when there is none.
  void remove_file(const char* file) const;
  void rename(const char* from, const char* to) const;
  /// Removes the directory and all in it.
  void remove();

 private:
  ContainerDir(std::string root, std::string id, Fd fd);
  std::string id_, path_;
  Fd fd_;
};

/// All ids with a directory, sorted. Empty when the root does not exist.
std::vector<std::string> container_ids(const std::string& root);

}  // namespace containerlib::bundle
