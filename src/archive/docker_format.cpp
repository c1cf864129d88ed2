#include "archive/formats.hpp"
#include "archive/image_names.hpp"
#include "base/error.hpp"
#include "oci/json.hpp"
#include "oci/manifest.hpp"
#include "oci/media_type.hpp"

// The format of `docker save` (moby, image/spec v1.2): manifest.json lists images, each with the
// file of its configuration and those of its layers. The older "repositories" file says nothing
// more.
namespace containerlib::archive {
namespace {

constexpr std::string_view list_file = "manifest.json";

struct ListedImage {
  std::string config;
  std::vector<std::string> names, layers;
};

std::vector<ListedImage> parse_list(const std::string& text) {
  boost::json::value document = oci::json::parse(text, list_file);
  if (!document.is_array()) oci::json::corrupt(list_file, "not an array");
  std::vector<ListedImage> out;
  for (const boost::json::value& value : document.get_array()) {
    const boost::json::object* object = value.if_object();
    if (!object) oci::json::corrupt(list_file, "an image is not an object");
    out.push_back({.config = oci::json::text(*object, "Config", list_file),
                   .names = oci::json::texts(*object, "RepoTags", list_file),
                   .layers = oci::json::texts(*object, "Layers", list_file)});
  }
  if (out.empty()) oci::json::corrupt(list_file, "no image");
  return out;
}

/// A configuration is named by its digest, "HEX.json" or "blobs/sha256/HEX".
void check_config_name(const std::string& name, const oci::Digest& digest) {
  std::string_view base = name;
  if (std::size_t slash = base.rfind('/'); slash != base.npos) base.remove_prefix(slash + 1);
  if (base.ends_with(".json")) base.remove_suffix(5);
  auto promised = oci::Digest::parse("sha256:" + std::string(base));
  if (promised && *promised != digest)
    throw_error(Errc::image_corrupt, "load configuration", name,
                "its content has the digest " + digest.text());
}

}  // namespace

void add_docker_archive(Bundle& bundle, Loader& loader, const WantedPlatform& wanted,
                        const store::Store& store, store::Staging& staging,
                        const std::string& subject) {
  std::string list = bundle.document(std::string(list_file), oci::json::max_manifest_size);
  for (const ListedImage& listed : parse_list(list)) {
    store::StagedBlob config_blob = bundle.stage(listed.config);
    check_config_name(listed.config, config_blob.digest);
    std::string what = "configuration " + config_blob.digest.text();
    oci::ConfigDocument config =
        oci::parse_image_config(bundle.document(listed.config, oci::json::max_config_size), what);
    check_platform(wanted, config, subject, store);
    check_layer_count(config, listed.layers.size(), subject);
    loader.add_blob(config_blob);

    oci::Manifest manifest{.media_type = std::string(oci::media_type::oci_manifest),
                           .config = {.media_type = std::string(oci::media_type::oci_config),
                                      .digest = config_blob.digest,
                                      .size = config_blob.size},
                           .layers = {}};
    std::vector<oci::Digest> below;
    std::vector<store::NewImage::Layer> layers;
    for (std::size_t i = 0; i < listed.layers.size(); ++i) {
      const oci::Digest& diff_id = config.diff_ids[i];
      store::StagedBlob blob = bundle.stage(listed.layers[i]);
      oci::Compression compression = compression_of(store.vfs(), staging, blob);
      loader.add_blob(blob);
      loader.add_layer(diff_id, blob, compression, below);
      below.push_back(diff_id);
      layers.push_back({diff_id, blob.digest});
      manifest.layers.push_back({.media_type = std::string(oci::layer_type(compression)),
                                 .digest = blob.digest,
                                 .size = blob.size});
    }
    store::StagedBlob manifest_blob = stage_blob(store.vfs(), staging, oci::to_json(manifest));
    loader.add_blob(manifest_blob);
    loader.add_image({.digest = manifest_blob.digest,
                      .config = config_blob.digest,
                      .media_type = manifest.media_type,
                      .layers = std::move(layers),
                      .names = valid_names(listed.names, store)});
  }
}

}  // namespace containerlib::archive
