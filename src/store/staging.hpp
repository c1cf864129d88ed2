#pragma once
#include <containerlib/fd.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "oci/digest.hpp"
#include "oci/reference.hpp"

namespace containerlib::store {

class Vfs;

/// A directory below tmp/ that belongs to this object by its flock, removed with it. It holds what
/// is not committed yet and what is about to be deleted; and it is the record of intent: whoever
/// gets its lock later knows that its owner died half-way (Store's recovery). Must not outlive the
/// Store.
class Staging {
 public:
  /// `remove` removes tmp/NAME; it must not throw.
  Staging(Vfs&, int tmp_dir, std::function<void(const std::string& name)> remove);
  Staging(Staging&&) noexcept;
  Staging& operator=(Staging&&) = delete;
  ~Staging();
  int dir() const noexcept { return dir_.get(); }
  const std::string& name() const noexcept { return name_; }
  /// A name that has not been used in it yet.
  std::string fresh_name() { return std::to_string(++last_); }
  /// The directory stays, so that the next open finds that there is something to undo.
  void abandon() noexcept { remove_ = nullptr; }

 private:
  Fd dir_;
  std::string name_;
  unsigned last_ = 0;
  std::function<void(const std::string&)> remove_;
};

/// What the unpacker tells of a layer, kept in the index.
struct LayerRecord {
  std::uint64_t size = 0;      ///< bytes of file content
  std::uint64_t tar_size = 0;  ///< bytes of the uncompressed tar
  bool opaque_root = false;    ///< the layers below it are hidden altogether
};

struct StagedBlob {
  oci::Digest digest;
  std::uint64_t size = 0;
  std::string file;  ///< in the staging directory
};

struct StagedLayer {
  oci::Digest diff_id;
  LayerRecord record;
  std::string dir;  ///< in the staging directory; empty: the store is said to have it
};

struct NewImage {
  oci::Digest digest, config;
  std::string media_type;
  struct Layer {
    oci::Digest diff_id, blob;
  };
  std::vector<Layer> layers;  ///< lowest first
  std::vector<oci::Reference> names;
};

/// Everything one load brings.
struct Batch {
  std::vector<StagedBlob> blobs;
  std::vector<StagedLayer> layers;
  std::vector<NewImage> images;
};

}  // namespace containerlib::store
