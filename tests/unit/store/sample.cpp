#include "unit/store/sample.hpp"

#include <fcntl.h>

#include "store/files.hpp"

namespace test {
namespace store = containerlib::store;
namespace oci = containerlib::oci;

namespace {

std::string stage_text(store::Vfs& vfs, store::Staging& staging, const std::string& text) {
  std::string name = staging.fresh_name();
  containerlib::Fd fd = store::open_at(vfs, staging.dir(), name, O_WRONLY | O_CREAT | O_EXCL, 0600);
  store::write_all(vfs, fd.get(), text, name);
  return name;
}

store::StagedBlob stage_blob(store::Vfs& vfs, store::Staging& staging, const std::string& text) {
  return {oci::Digest::of(text), text.size(), stage_text(vfs, staging, text)};
}

store::StagedLayer stage_layer(store::Vfs& vfs, store::Staging& staging, const std::string& text) {
  std::string name = staging.fresh_name();
  store::ensure_dir(vfs, staging.dir(), name, 0755);
  containerlib::Fd dir = store::open_dir(vfs, staging.dir(), name);
  containerlib::Fd fd = store::open_at(vfs, dir.get(), "file", O_WRONLY | O_CREAT, 0644);
  store::write_all(vfs, fd.get(), text, "file");
  store::LayerRecord record;
  record.size = text.size();
  return {oci::Digest::of("diff " + text), record, name};
}

}  // namespace

store::Options options(const std::string& root, store::Vfs* vfs) {
  store::Options out;
  out.root = root;
  out.vfs = vfs;
  out.durable = false;
  return out;
}

store::ImageRecord add_image(store::Store& store, const std::string& config,
                             const std::vector<std::string>& layers,
                             const std::vector<std::string>& names) {
  store::Staging staging = store.stage();
  store::Vfs& vfs = store.vfs();
  store::Batch batch;
  std::string manifest_text = "manifest of " + config;
  for (const std::string& layer : layers) manifest_text += " " + layer;
  store::NewImage image{.digest = oci::Digest::of(manifest_text),
                        .config = oci::Digest::of(config),
                        .media_type = "application/vnd.oci.image.manifest.v1+json",
                        .layers = {},
                        .names = {}};
  batch.blobs.push_back(stage_blob(vfs, staging, manifest_text));
  batch.blobs.push_back(stage_blob(vfs, staging, config));
  for (const std::string& layer : layers) {
    batch.blobs.push_back(stage_blob(vfs, staging, "blob " + layer));
    batch.layers.push_back(stage_layer(vfs, staging, layer));
    image.layers.push_back({batch.layers.back().diff_id, batch.blobs.back().digest});
  }
  for (const std::string& name : names) image.names.push_back(oci::Reference::require(name));
  oci::Digest digest = image.digest;
  batch.images.push_back(std::move(image));
  store.commit(staging, batch);
  return store.image(digest);
}

store::ContainerRecord container(const std::string& id, const std::string& name,
                                 const std::string& image_id) {
  std::string full = id;
  full.resize(64, '0');
  return {full, name, image_id, 1, "{}"};
}

}  // namespace test
