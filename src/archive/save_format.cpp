#include "archive/save_format.hpp"

#include "archive/image_names.hpp"
#include "base/error.hpp"
#include "oci/json.hpp"
#include "oci/manifest.hpp"
#include "oci/media_type.hpp"
#include "store/files.hpp"
#include "store/staging.hpp"

namespace containerlib::archive {
namespace {

/// Writes each blob once, and refuses one that does not have its digest any more.
class BlobSaver {
 public:
  BlobSaver(store::Store& store, SaveOutput& out, const std::stop_token& stop)
      : store_(store), out_(out), stop_(stop) {}

  void save(const oci::Digest& digest, const std::string& path) {
    if (!done_.insert(path).second) return;
    std::uint64_t size = 0;
    Fd fd = store_.open_blob(digest, &size);
    FdSource file(store_.vfs(), fd.get(), "blob " + digest.text(), stop_);
    HashingSource hashing(file, digest.algorithm());
    out_.file(path, size, hashing);
    require(hashing, digest);
  }

  /// A layer as the plain tar that docker has in its archives.
  void save_plain(const oci::Digest& blob, const oci::Digest& diff_id, const std::string& path) {
    if (!done_.insert(path).second) return;
    auto record = store_.layer(diff_id);
    if (!record)
      throw_error(Errc::image_corrupt, "save layer", diff_id.text(), "it is missing in the store");
    Fd fd = store_.open_blob(blob);
    FdSource file(store_.vfs(), fd.get(), "blob " + blob.text(), stop_);
    PeekedSource peeked(file);
    Limits limits;
    limits.ratio = std::uint64_t{1} << 40;  // it was within the limits when it was loaded
    auto plain = inflate(peeked, peeked.compression(), limits, "layer " + diff_id.text());
    HashingSource hashing(*plain, diff_id.algorithm());
    out_.file(path, record->tar_size, hashing);
    require(hashing, diff_id);
  }

 private:
  static void require(HashingSource& read, const oci::Digest& digest) {
    if (read.finish() != digest)
      throw_error(Errc::image_corrupt, "save blob", digest.text(),
                  "its content has changed; load the image again");
  }

  store::Store& store_;
  SaveOutput& out_;
  const std::stop_token& stop_;
  std::set<std::string> done_;
};

std::string layout_path(const oci::Digest& digest) {
  std::string text = digest.text();
  return "blobs/" + text.replace(text.find(':'), 1, "/");
}

std::vector<oci::Digest> blobs_of(const store::ImageRecord& image) {
  std::vector<oci::Digest> out{image.digest, image.id};
  out.insert(out.end(), image.layer_blobs.begin(), image.layer_blobs.end());
  return out;
}

oci::ImageIndex index_of(const std::vector<SaveItem>& items) {
  oci::ImageIndex index{std::string(oci::media_type::oci_index), {}};
  for (const SaveItem& item : items) {
    oci::Descriptor entry{.media_type = item.image.media_type,
                          .digest = item.image.digest,
                          .size = item.image.manifest_json.size()};
    if (item.names.empty()) index.manifests.push_back(entry);
    for (const std::string& name : item.names) {
      entry.annotations = {{ref_name_annotation, name.substr(name.rfind(':') + 1)},
                           {image_name_annotation, name}};
      index.manifests.push_back(entry);
    }
  }
  return index;
}

/// As docker writes names: "alpine:latest".
std::vector<std::string> familiar(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(oci::Reference::require(name).familiar());
  return out;
}

boost::json::array texts(const std::vector<std::string>& from) {
  boost::json::array out;
  for (const std::string& text : from) out.emplace_back(text);
  return out;
}

}  // namespace

void write_oci_layout(store::Store& store, const std::vector<SaveItem>& items, SaveOutput& out,
                      const std::stop_token& stop) {
  out.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  out.file("index.json", oci::to_json(index_of(items)));
  out.directory("blobs");
  std::set<std::string> directories;
  for (const SaveItem& item : items)
    for (const oci::Digest& blob : blobs_of(item.image)) {
      std::string path = layout_path(blob);
      directories.insert(path.substr(0, path.rfind('/')));
    }
  for (const std::string& directory : directories) out.directory(directory);
  BlobSaver saver(store, out, stop);
  for (const SaveItem& item : items)
    for (const oci::Digest& blob : blobs_of(item.image)) saver.save(blob, layout_path(blob));
}

void write_docker_archive(store::Store& store, const std::vector<SaveItem>& items, SaveOutput& out,
                          const std::stop_token& stop) {
  boost::json::array list;
  BlobSaver saver(store, out, stop);
  for (const SaveItem& item : items) {
    const store::ImageRecord& image = item.image;
    std::string config = std::string(image.id.hex()) + ".json";
    saver.save(image.id, config);
    std::vector<std::string> layers;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      layers.push_back(std::string(image.layers[i].hex()) + ".tar");
      saver.save_plain(image.layer_blobs[i], image.layers[i], layers.back());
    }
    list.push_back(boost::json::object{
        {"Config", config}, {"RepoTags", texts(familiar(item.names))}, {"Layers", texts(layers)}});
  }
  out.file("manifest.json", boost::json::serialize(list));
}

}  // namespace containerlib::archive
