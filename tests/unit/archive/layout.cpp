#include "unit/archive/layout.hpp"

#include <filesystem>

#include "oci/platform.hpp"
#include "unit/archive/tar_bytes.hpp"
#include "unit/store/temp_dir.hpp"

namespace test {
namespace oci = containerlib::oci;

namespace {

std::string config_json(const std::vector<LayerBytes>& layers, const std::string& architecture) {
  std::string ids;
  for (const LayerBytes& layer : layers)
    ids += (ids.empty() ? "\"" : ",\"") + layer.diff_id.text() + '"';
  return R"({"architecture":")" + architecture +
         R"(","os":"linux","config":{"Cmd":["/bin/sh"]},"rootfs":{"type":"layers","diff_ids":[)" +
         ids + "]}}";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

}  // namespace

std::string host_architecture() { return oci::Platform::host().architecture; }

LayerBytes LayerBytes::plain(const std::string& tar) {
  return {tar, "application/vnd.oci.image.layer.v1.tar", oci::Digest::of(tar)};
}
LayerBytes LayerBytes::gzip(const std::string& tar) {
  return {test::gzip(tar), "application/vnd.oci.image.layer.v1.tar+gzip", oci::Digest::of(tar)};
}
LayerBytes LayerBytes::zstd(const std::string& tar) {
  return {test::zstd(tar), "application/vnd.oci.image.layer.v1.tar+zstd", oci::Digest::of(tar)};
}

std::string file_of(const oci::Digest& digest) {
  return "blobs/sha256/" + std::string(digest.hex());
}

Layout::Layout() { files["oci-layout"] = R"({"imageLayoutVersion":"1.0.0"})"; }

std::string Layout::blob(const std::string& bytes, const std::string& media_type,
                         const std::string& members) {
  oci::Digest digest = oci::Digest::of(bytes);
  files[file_of(digest)] = bytes;
  return R"({"mediaType":")" + media_type + R"(","digest":")" + digest.text() + R"(","size":)" +
         std::to_string(bytes.size()) + members + '}';
}

std::string Layout::image(const std::vector<LayerBytes>& layers, const std::string& members,
                          const std::string& architecture) {
  std::string config =
      blob(config_json(layers, architecture), "application/vnd.oci.image.config.v1+json");
  std::vector<std::string> descriptors;
  for (const LayerBytes& layer : layers) descriptors.push_back(blob(layer.blob, layer.media_type));
  return blob(
      R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + joined(descriptors) + "]}",
      "application/vnd.oci.image.manifest.v1+json", members);
}

std::string Layout::artifact(const std::string& members) {
  std::string config =
      blob(R"({"architecture":"","os":"","rootfs":{"type":"layers","diff_ids":["sha256:)" +
               std::string(64, 'a') + R"("]}})",
           "application/vnd.oci.image.config.v1+json");
  std::string layer = blob("{}", "application/vnd.dev.cosign.simplesigning.v1+json");
  return blob(R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[)" + layer + "]}",
              "application/vnd.oci.image.manifest.v1+json", members);
}

std::string Layout::nested(const std::vector<std::string>& descriptors,
                           const std::string& members) {
  return blob(R"({"schemaVersion":2,"manifests":[)" + joined(descriptors) + "]}",
              "application/vnd.oci.image.index.v1+json", members);
}

void Layout::index(const std::vector<std::string>& descriptors) {
  files["index.json"] = R"({"schemaVersion":2,"manifests":[)" + joined(descriptors) + "]}";
}

std::string Layout::named(const std::string& name) {
  return R"(,"annotations":{"org.opencontainers.image.ref.name":")" + name + "\"}";
}

std::string Layout::platform(const std::string& architecture, const std::string& variant) {
  return R"(,"platform":{"os":"linux","architecture":")" + architecture + '"' +
         (variant.empty() ? "" : R"(,"variant":")" + variant + '"') + '}';
}

void Layout::write(const std::string& dir) const {
  for (const auto& [name, bytes] : files) {
    std::filesystem::create_directories(std::filesystem::path(dir + '/' + name).parent_path());
    write_file(dir + '/' + name, bytes);
  }
}

std::string Layout::tar() const { return tar_of(files); }

std::string tar_of(const std::map<std::string, std::string>& files) {
  TarBytes tar;
  for (const auto& [name, bytes] : files) {
    if (name.size() > 100) tar.pax({{"path", name}});
    tar.file(name, bytes);
  }
  return tar.end();
}

std::map<std::string, std::string> docker_files(const std::vector<LayerBytes>& layers,
                                                const std::string& name) {
  std::map<std::string, std::string> out;
  std::string config = config_json(layers, host_architecture());
  std::string config_name = std::string(oci::Digest::of(config).hex()) + ".json";
  out[config_name] = config;
  std::vector<std::string> names;
  for (const LayerBytes& layer : layers) {
    std::string file = std::string(layer.diff_id.hex()) + "/layer.tar";
    out[file] = layer.blob;
    names.push_back('"' + file + '"');
  }
  out["manifest.json"] = R"([{"Config":")" + config_name + R"(","RepoTags":[")" + name +
                         R"("],"Layers":[)" + joined(names) + "]}]";
  out["repositories"] = "{}";
  return out;
}

}  // namespace test
