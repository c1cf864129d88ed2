#pragma once
#include <containerlib/error.hpp>

#include <mutex>

#include "store/files.hpp"
#include "store/index.hpp"
#include "store/staging.hpp"
#include "store/store.hpp"

namespace containerlib::store {

struct Store::Impl {
  explicit Impl(Options);

  Options options;
  Vfs& vfs;
  Fd root, blobs, layers, links, containers, locks, tmp;
  /// Guards the index's connection. Never held over a call that may take long, nor over a callback.
  mutable std::mutex mutex;
  mutable std::unique_ptr<Index> index;

  Database& db() const { return index->db(); }
  void log(LogLevel, std::string_view) const;

  Staging stage();
  /// Removes tmp/NAME, with the caller's help where permissions stop us. Failures are logged; the
  /// next open tries again.
  void discard(const std::string& name) noexcept;
  /// Takes over the staging directories of dead processes.
  void recover();

  /// Makes the file "reserve" unless it is there or there is no space for it.
  void make_reserve();
  /// Runs what makes room. On a full disk even that needs some: it gets the reserve's, and one more
  /// try.
  template <class Work>
  auto making_room(Work work) -> decltype(work()) {
    try {
      return work();
    } catch (const Error& error) {
      if (error.code() != std::errc::no_space_on_device ||
          vfs.unlink(root.get(), reserve_name, 0) < 0)
        throw;
    }
    return work();
  }
  static constexpr const char* reserve_name = "reserve";

  /// "sha256/HEX", relative to blobs.
  static std::string blob_name(const oci::Digest& digest);
  /// Renames out of the way what may not be writable itself (a directory's rename to another parent
  /// needs write permission on it). What lies here is this user's own: rootless, too.
  void move_away(int dir, const std::string& dir_path, const std::string& name, Staging&);

  // collect.cpp. Both take the mutex. The staging directory is made before the rows that make
  // garbage are committed: should the process die, the next open finds it and collects.
  /// Removes layers and blobs that neither an image nor a container needs.
  void collect(Staging&);
  /// Moves what the index does not know to the staging directory. After a failure that stays.
  void sweep(Staging&);
  void sweep_locked(Staging&);

  // images.cpp; with the mutex held.
  std::optional<std::string> find_manifest(std::string_view reference, std::string* hint) const;
  ImageRecord read_record(const std::string& manifest) const;
  std::vector<std::string> tags_of(const std::string& manifest) const;
  /// Names below l/ for a query's rows (number, opaque), topmost first; ends with an opaque one. Of
  /// a layer that comes again further down nothing could be seen there, and overlay refuses it
  /// (ELOOP).
  std::vector<std::string> link_names(std::string_view sql, const std::string& key) const;
};

[[noreturn]] void throw_no_image(std::string_view reference, std::string hint = {});

/// A number as a name below l/: base 36.
std::string link_name(std::int64_t number);

}  // namespace containerlib::store
