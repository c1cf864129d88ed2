#pragma once
#include <containerlib/fd.hpp>
#include <containerlib/options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "oci/digest.hpp"
#include "oci/reference.hpp"
#include "store/vfs.hpp"

// The data directory, shared by any number of processes:
//
//   blobs/sha256/HEX   manifests, configurations and layers, byte for byte as they came
//   layers/HEX         an unpacked layer by its diffID: an overlay lower directory as it stands
//   l/NUMBER           relative link to ../layers/HEX, a short name (base 36) for mount options
//   containers/ID      made by the runtime: upper, work, log, … Who makes or runs the container
//                      holds it shared
//   locks/HEX          one a used image: who holds it shared uses the image
//   tmp/NAME           staging: what is not committed yet, and what was renamed away to be deleted.
//                      Its flock belongs to the process that fills it; when that has died, the next
//                      open removes it
//   index.sqlite       what of all this is committed
namespace containerlib::store {

using Log = std::function<void(LogLevel, std::string_view)>;

struct Options {
  std::string root;    ///< made with mode 0700 when missing, its parents with 0755
  Vfs* vfs = nullptr;  ///< nullptr: Vfs::real(). Must outlive the store
  Log log = {};        ///< called inside calls, on the caller's thread
  /// Removes the tree at an absolute path where the process itself may not (rootless: files of
  /// subordinate ids). Called only after a plain removal failed with EACCES or EPERM.
  std::function<void(const std::string& path)> remove_tree = {};
  bool durable = true;  ///< fsync and syncfs at commits
};

/// A committed image; a value, true when it was read.
struct ImageRecord {
  oci::Digest id;                                    ///< of the configuration
  oci::Digest digest;                                ///< of the manifest
  std::string media_type = {};                       ///< of the manifest
  std::string manifest_json = {}, config_json = {};  ///< the bytes as they came
  std::vector<oci::Digest> layers = {};              ///< diffIDs, lowest first
  std::vector<oci::Digest> layer_blobs = {};         ///< the same layers as stored blobs
  std::vector<std::string> tags = {};                ///< Reference::text(), sorted
  std::uint64_t size = 0;                            ///< of the unpacked layers, in bytes
  std::int64_t loaded = 0;                           ///< seconds since the epoch
};

/// A container that outlives the call that made it.
struct ContainerRecord {
  std::string id;            ///< 64 hexadecimal digits
  std::string name;          ///< unique
  std::string image_id;      ///< ImageRecord::id; empty: no image
  std::int64_t created = 0;  ///< nanoseconds since the epoch
  std::string json;          ///< the runtime's; opaque here
};

class Index;
class Staging;
struct Batch;
struct LayerRecord;

/// The store. Any member from any thread, and any number of processes on one root. Nothing locks
/// for long: a writer holds the index's write lock over renames only, never over a download, an
/// unpack or the removal of a tree.
class Store {
 public:
  /// Opens or makes the store and undoes what killed processes have left half-done.
  explicit Store(Options);
  Store(const Store&) = delete;
  ~Store();

  const std::string& root() const noexcept;  ///< absolute

  // ── Images ────────────────────────────────────────────────────────────────────────────────────
  /// By name (normalised), name@digest, id, or a unique prefix of the id (with or without
  /// "sha256:"). A name goes before a prefix. Errors: image_not_found, image_corrupt (the stored
  /// manifest or configuration does not have its digest).
  ImageRecord image(std::string_view reference) const;
  /// By the manifest's digest.
  ImageRecord image(const oci::Digest& manifest) const;
  /// Newest first. Those that cannot be read are left out with a warning.
  std::vector<ImageRecord> images() const;
  /// The names this manifest has now, sorted.
  std::vector<std::string> tags(const oci::Digest& manifest) const;
  /// Gives the image one more name; another image loses it. Errors: image_not_found, invalid_option
  /// (a name with a digest).
  void tag(const oci::Digest& manifest, const oci::Reference& name);
  /// A name: takes it away, and with the last one the image. An id: the image and its name.
  /// Returns lines: "untagged: NAME", "deleted: sha256:…" (when no other manifest has this id).
  /// Layers and blobs that nothing needs any more are removed. Errors: image_not_found; in_use,
  /// unless `force`, when a container has a record with it (and keeps its layers) or an id has
  /// several names, and always while hold_image() is held.
  std::vector<std::string> remove_image(std::string_view reference, bool force = false);
  /// Names below root()/l of the image's layers, topmost first: overlay's lowerdir order. A layer
  /// that the image has twice is there once, and none that is hidden altogether. Errors:
  /// image_not_found.
  std::vector<std::string> lowers(const ImageRecord&) const;
  /// As long as the descriptor is open (in any process), the image is not removed. What a container
  /// without a record needs. Errors: image_not_found.
  Fd hold_image(const ImageRecord&) const;
  /// What the index knows of an unpacked layer.
  std::optional<LayerRecord> layer(const oci::Digest& diff_id) const;

  // ── Containers ────────────────────────────────────────────────────────────────────────────────
  /// Adds a record and with it a claim on the image's layers. Errors: name_in_use (also for an id
  /// that exists), image_not_found.
  void add_container(const ContainerRecord&);
  /// The same, but false when the name is taken: for generated names.
  bool try_add_container(const ContainerRecord&);
  /// Replaces json and name of the record with this id. Errors: container_not_found, name_in_use.
  void update_container(const ContainerRecord&);
  /// Removes the record (not the directory) if there is one, and layers only it needed.
  void remove_container(const std::string& id);
  /// Newest first.
  std::vector<ContainerRecord> containers() const;
  /// By id, name, or a unique prefix of the id, in this order. An ambiguous prefix throws
  /// container_not_found with a hint that says so.
  std::optional<ContainerRecord> find_container(std::string_view name_or_id) const;
  /// As lowers() of the image, from the record's own claim: also after the image was removed by
  /// force.
  std::vector<std::string> container_lowers(const std::string& id) const;

  /// root()/containers/ID; made by make_container_dir().
  std::string container_dir(const std::string& id) const;
  /// The ids that have one.
  std::set<std::string> container_dirs() const;
  /// Makes it, mode 0700; no error when it is there. It is in use as long as the descriptor is open
  /// in any process.
  Fd make_container_dir(const std::string& id);
  /// Uses one that is there; an empty Fd when there is none.
  Fd hold_container_dir(const std::string& id) const;
  /// One that nobody uses, nor will as long as the descriptor is open; else an empty Fd.
  Fd take_container_dir(const std::string& id) const;
  /// Removes it with all that is in it: renamed away first, so it is gone at once for others. No
  /// error when it is not there.
  void remove_container_dir(const std::string& id);

  // ── For archive ───────────────────────────────────────────────────────────────────────────────
  /// A directory of this process's own below tmp/, removed with the object.
  Staging stage();
  /// Whether an image of the store already has this blob as this layer: then its diffID was
  /// verified.
  bool knows_layer(const oci::Digest& diff_id, const oci::Digest& blob) const;
  /// A stored blob for reading, and its size. Errors: image_corrupt (missing or of another size).
  Fd open_blob(const oci::Digest&, std::uint64_t* size = nullptr) const;
  /// An unpacked layer's directory. Errors: image_corrupt.
  Fd open_layer(const oci::Digest& diff_id) const;
  /// Makes everything of the batch visible at once and durable: all of it or nothing. False when a
  /// layer that the batch takes for present has been removed in between: stage it and try again.
  bool commit(Staging&, const Batch&);

  Vfs& vfs() const noexcept;
  void log(LogLevel, std::string_view) const;

  struct Impl;  // this folder's own

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace containerlib::store
