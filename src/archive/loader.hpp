#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "archive/archive.hpp"
#include "archive/stage_blob.hpp"
#include "oci/image_config.hpp"
#include "oci/manifest.hpp"
#include "store/staging.hpp"

namespace containerlib::archive {

/// Collects verified blobs and unpacked layers in a staging directory until a batch of images is
/// whole. What load and import share.
class Loader {
 public:
  /// reuse: layers the store has are not unpacked again.
  Loader(store::Store&, store::Staging&, const Host&, std::stop_token, bool reuse);

  /// Adds a blob that is in the staging directory; the first of equal ones counts.
  void add_blob(const store::StagedBlob&);
  /// Makes sure that the layer is there, and that `blob` (added before) inflates to it. `below` are
  /// the diffIDs under it, lowest first.
  void add_layer(const oci::Digest& diff_id, const store::StagedBlob& blob, oci::Compression,
                 const std::vector<oci::Digest>& below);
  /// The same for a layer whose diffID nobody has told: unpacks it and returns that.
  oci::Digest add_unknown_layer(const store::StagedBlob& blob, oci::Compression);
  /// Adds an image whose blobs and layers were added. Equal images get the names of both.
  void add_image(store::NewImage);
  /// One more name for the first image.
  void add_name(oci::Reference name) { batch_.images.front().names.push_back(std::move(name)); }

  /// False when a layer that was reused has been removed meanwhile.
  bool commit();
  const std::vector<store::NewImage>& images() const { return batch_.images; }

 private:
  void make_layer(const oci::Digest& diff_id, const store::StagedBlob&, oci::Compression,
                  const std::vector<oci::Digest>& below);
  struct Unpacked {
    oci::Digest diff_id;
    store::LayerRecord record;
  };
  Unpacked unpack_to(const std::string& dir, const store::StagedBlob&, oci::Compression,
                     const oci::Digest* expected, const std::vector<oci::Digest>& below);
  oci::Digest digest_of_content(const store::StagedBlob&, oci::Compression, const std::string&,
                                oci::Digest::Algorithm);
  const store::StagedLayer* staged(const oci::Digest& diff_id) const;
  /// Of the layers below one, added before, those that are not hidden altogether, topmost first.
  std::vector<const store::StagedLayer*> visible(const std::vector<oci::Digest>& below) const;
  Fd open(const store::StagedLayer&) const;

  store::Store& store_;
  store::Staging& staging_;
  const Host& host_;
  std::stop_token stop_;
  bool reuse_;
  store::Log log_;
  store::Batch batch_;
  /// Layers with a blob that was seen to inflate to them: images of one archive share them.
  std::set<std::pair<oci::Digest, oci::Digest>> verified_;
};

}  // namespace containerlib::archive
