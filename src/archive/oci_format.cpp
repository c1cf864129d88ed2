#include "archive/choose.hpp"
#include "archive/formats.hpp"
#include "archive/image_names.hpp"
#include "base/error.hpp"
#include "oci/json.hpp"
#include "oci/media_type.hpp"

namespace containerlib::archive {
namespace {

constexpr std::size_t max_layers = 500;  // overlay's OVL_MAX_STACK

class LayoutReader {
 public:
  LayoutReader(Bundle& bundle, Loader& loader, const WantedPlatform& wanted,
               const store::Store& store, std::string subject)
      : bundle_(bundle),
        loader_(loader),
        wanted_(wanted),
        store_(store),
        subject_(std::move(subject)) {}

  void run() {
    std::string marker = bundle_.document("oci-layout", 4096);
    std::string version = oci::json::text(oci::json::parse_object(marker, "oci-layout"),
                                          "imageLayoutVersion", "oci-layout");
    if (!version.starts_with("1."))
      throw_error(Errc::unsupported, "load image", subject_,
                  "it is an image layout of version \"" + version + '"');
    oci::ImageIndex index = oci::parse_index(
        bundle_.document("index.json", oci::json::max_manifest_size), {}, "index.json");
    ReadIndex read = [this](const oci::Descriptor& descriptor) {
      return oci::parse_index(document(descriptor, "index", oci::json::max_manifest_size),
                              descriptor.media_type, "index " + descriptor.digest.text());
    };
    add_all(choose(index, wanted_, read, subject_));
  }

 private:
  static std::string file_of(const oci::Digest& digest) {
    std::string text = digest.text();
    return "blobs/" + text.replace(text.find(':'), 1, "/");
  }

  [[noreturn]] void refuse(const std::string& what, const oci::Descriptor& descriptor,
                           std::string why) {
    throw_error(Errc::image_corrupt, "load " + what, descriptor.digest.text(), std::move(why));
  }

  /// The name of the file that should be it, once its size is right.
  std::string find(const oci::Descriptor& descriptor, const std::string& what) {
    std::string file = file_of(descriptor.digest);
    if (!bundle_.has(file)) refuse(what, descriptor, "it is missing in " + subject_);
    // Neither here nor below is it said what the file is instead: it may be anybody's.
    if (bundle_.size(file) != descriptor.size)
      refuse(what, descriptor,
             "its size is not the " + std::to_string(descriptor.size) + " bytes promised");
    return file;
  }

  void check_digest(const oci::Descriptor& descriptor, const std::string& what,
                    const oci::Digest& real) {
    if (real != descriptor.digest) refuse(what, descriptor, "its content has another digest");
  }

  store::StagedBlob stage(const oci::Descriptor& descriptor, const std::string& what) {
    store::StagedBlob blob = bundle_.stage(find(descriptor, what));
    check_digest(descriptor, what, blob.digest);
    return blob;
  }

  std::string document(const oci::Descriptor& descriptor, const std::string& what,
                       std::size_t limit) {
    if (descriptor.size > limit)
      refuse(what, descriptor, "it has more than " + std::to_string(limit) + " bytes");
    std::string text = bundle_.document(find(descriptor, what), limit);
    oci::Hasher hasher(descriptor.digest.algorithm());
    hasher.update(text.data(), text.size());
    check_digest(descriptor, what, hasher.finish());
    return text;
  }

  void add_all(const std::vector<Chosen>& all) {
    std::vector<Error> left_out;
    for (const Chosen& chosen : all) {
      std::optional<oci::Manifest> manifest;
      try {
        manifest = read_manifest(chosen.manifest);
      } catch (const Error& error) {
        // A signature or another artifact beside the images: only its manifest says what it is.
        bool asked_for = !chosen.names.empty() || chosen.manifest.platform;
        if (asked_for || error.code() != Errc::unsupported) throw;
        left_out.push_back(error);
        continue;
      }
      add(chosen, *manifest);
    }
    if (loader_.images().empty()) throw left_out.front();
    for (const Error& error : left_out)
      store_.log(LogLevel::warning, std::string("left out: ") + error.what());
  }

  /// Throws unsupported for what is no image of a file system. Stages nothing.
  oci::Manifest read_manifest(const oci::Descriptor& descriptor) {
    if (!oci::is_manifest(descriptor.media_type))
      throw_error(Errc::unsupported, "load image", descriptor.digest.text(),
                  "its media type is " + descriptor.media_type);
    oci::Manifest manifest =
        oci::parse_manifest(document(descriptor, "manifest", oci::json::max_manifest_size),
                            descriptor.media_type, "manifest " + descriptor.digest.text());
    if (!oci::is_config(manifest.config.media_type))
      throw_error(Errc::unsupported, "load image", descriptor.digest.text(),
                  "it is no image of a file system but " + manifest.config.media_type);
    for (const oci::Descriptor& layer : manifest.layers) compression_of(layer);
    return manifest;
  }

  static oci::Compression compression_of(const oci::Descriptor& layer) {
    auto compression = oci::layer_compression(layer.media_type);
    if (!compression)
      throw_error(Errc::unsupported, "load layer", layer.digest.text(),
                  "its media type is " + layer.media_type);
    return *compression;
  }

  void add(const Chosen& chosen, const oci::Manifest& manifest) {
    const oci::Descriptor& descriptor = chosen.manifest;
    oci::ConfigDocument config = oci::parse_image_config(
        document(manifest.config, "configuration", oci::json::max_config_size),
        "configuration " + manifest.config.digest.text());
    check_platform(wanted_, config, subject_, store_);
    check_layer_count(config, manifest.layers.size(), subject_);
    loader_.add_blob(stage(descriptor, "manifest"));
    loader_.add_blob(stage(manifest.config, "configuration"));
    store::NewImage image{
        .digest = descriptor.digest,
        .config = manifest.config.digest,
        .media_type = descriptor.media_type,
        .layers = {},
        .names =
            valid_names(with_repository(chosen.names, repository_of(subject_), store_), store_)};
    std::vector<oci::Digest> below;
    for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
      add_layer(manifest.layers[i], config.diff_ids[i], below);
      below.push_back(config.diff_ids[i]);
      image.layers.push_back({config.diff_ids[i], manifest.layers[i].digest});
    }
    loader_.add_image(std::move(image));
  }

  void add_layer(const oci::Descriptor& layer, const oci::Digest& diff_id,
                 const std::vector<oci::Digest>& below) {
    store::StagedBlob blob = stage(layer, "layer");
    loader_.add_blob(blob);
    loader_.add_layer(diff_id, blob, compression_of(layer), below);
  }

  Bundle& bundle_;
  Loader& loader_;
  const WantedPlatform& wanted_;
  const store::Store& store_;
  std::string subject_;
};

}  // namespace

void check_platform(const WantedPlatform& wanted, const oci::ConfigDocument& config,
                    const std::string& subject, const store::Store& store) {
  const oci::Platform said = config.platform();
  oci::Platform platform = said;
  // Many configurations leave the variant to the index.
  if (config.config.variant.empty()) platform.variant = wanted.platform.variant;
  if (oci::match(wanted.platform, platform) > 0) return;
  std::string why =
      "the image is for " + printable(said.text()) + ", not " + wanted.platform.text();
  if (wanted.explicitly) throw_error(Errc::image_not_found, "load image", subject, why);
  store.log(LogLevel::warning, subject + ": " + why);
}

void check_layer_count(const oci::ConfigDocument& config, std::size_t layers,
                       const std::string& subject) {
  if (config.diff_ids.size() != layers)
    throw_error(Errc::image_corrupt, "load image", subject,
                "its configuration has " + std::to_string(config.diff_ids.size()) +
                    " diffIDs for " + std::to_string(layers) + " layers");
  if (layers > max_layers)
    throw_error(Errc::unsupported, "load image", subject,
                "it has " + std::to_string(layers) + " layers; overlay can have " +
                    std::to_string(max_layers));
}

void add_oci_layout(Bundle& bundle, Loader& loader, const WantedPlatform& wanted,
                    const store::Store& store, const std::string& subject) {
  LayoutReader(bundle, loader, wanted, store, subject).run();
}

}  // namespace containerlib::archive
