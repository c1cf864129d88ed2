#include <fcntl.h>
#include <fmt/chrono.h>
#include <sys/stat.h>

#include "archive/archive.hpp"
#include "archive/loader.hpp"
#include "archive/source.hpp"
#include "archive/stage_blob.hpp"
#include "archive/tree_reader.hpp"
#include "base/error.hpp"
#include "oci/media_type.hpp"
#include "store/files.hpp"

namespace containerlib::archive {
namespace {

std::string rfc3339(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

oci::ConfigDocument config_of(const ImportOptions& options, const oci::Digest& diff_id) {
  oci::ConfigDocument out;
  oci::Platform host = oci::Platform::host();
  out.config.os = host.os;
  out.config.architecture = host.architecture;
  // An amd64 variant would say what this machine can, not what the tree needs.
  if (host.architecture != "amd64") out.config.variant = host.variant;
  out.config.entrypoint = options.entrypoint;
  out.config.command = options.command;
  for (const auto& [name, value] : options.env) out.config.env.push_back(name + '=' + value);
  out.config.user = options.user;
  out.config.working_dir = options.cwd;
  out.config.labels = options.labels;
  out.config.exposed_ports = options.exposed_ports;
  out.config.volumes = options.volumes;
  out.config.stop_signal = options.stop_signal;
  if (options.created) out.config.created = rfc3339(*options.created);
  out.comment = options.message;
  out.diff_ids = {diff_id};
  return out;
}

store::StagedBlob stage_tree(store::Store& store, store::Staging& staging, int dir,
                             const ImportOptions& options, const Host& host) {
  BlobWriter blob(store.vfs(), staging);
  TarWriter tar([&](std::string_view data) { blob.write(data); });
  write_tree(
      store.vfs(), dir, host.owners != nullptr, tar,
      [&](const std::string& line) { store.log(LogLevel::warning, line); }, options.stop);
  return blob.finish();
}

using StageLayer = std::function<store::StagedBlob(store::Staging&)>;

store::ImageRecord import_layer(store::Store& store, const StageLayer& stage_layer,
                                const ImportOptions& options, const Host& host) {
  std::vector<oci::Reference> names;
  if (!options.tag.empty()) names.push_back(oci::Reference::require(options.tag));
  if (!names.empty() && names[0].digest())
    throw_error(Errc::invalid_option, "import", "tag", "a name to give has no digest");
  store::Staging staging = store.stage();
  store::StagedBlob layer = stage_layer(staging);
  oci::Compression compression = compression_of(store.vfs(), staging, layer);

  // The layer is unpacked here in any case, so nothing is taken for present.
  Loader loader(store, staging, host, options.stop, false);
  loader.add_blob(layer);
  oci::Digest diff_id = loader.add_unknown_layer(layer, compression);
  auto stage = [&](const std::string& text) {
    store::StagedBlob blob = stage_blob(store.vfs(), staging, text);
    loader.add_blob(blob);
    return blob;
  };
  store::StagedBlob config = stage(oci::to_json(config_of(options, diff_id)));
  oci::Manifest manifest{.media_type = std::string(oci::media_type::oci_manifest),
                         .config = {.media_type = std::string(oci::media_type::oci_config),
                                    .digest = config.digest,
                                    .size = config.size},
                         .layers = {{.media_type = std::string(oci::layer_type(compression)),
                                     .digest = layer.digest,
                                     .size = layer.size}}};
  store::StagedBlob document = stage(oci::to_json(manifest));
  loader.add_image({.digest = document.digest,
                    .config = config.digest,
                    .media_type = manifest.media_type,
                    .layers = {{diff_id, layer.digest}},
                    .names = std::move(names)});
  loader.commit();
  return store.image(document.digest);
}

StageLayer from_stream(store::Store& store, int fd, const std::string& subject,
                       const ImportOptions& options) {
  return [&store, fd, subject, &options](store::Staging& staging) {
    FdSource file(store.vfs(), fd, subject, options.stop);
    return stage_blob(store.vfs(), staging, file);
  };
}

}  // namespace

store::ImageRecord import(store::Store& store, const std::filesystem::path& rootfs,
                          const ImportOptions& options, const Host& host) {
  std::string name = rootfs.string();
  Fd fd(static_cast<int>(store::check(store.vfs().open(AT_FDCWD, name.c_str(), O_RDONLY, 0, 0),
                                      "open root file system", name)));
  struct stat status;
  store::check(store.vfs().stat(fd.get(), "", status), "open root file system", name);
  if (!S_ISDIR(status.st_mode))
    return import_layer(store, from_stream(store, fd.get(), name, options), options, host);
  return import_layer(
      store,
      [&](store::Staging& staging) { return stage_tree(store, staging, fd.get(), options, host); },
      options, host);
}

store::ImageRecord import(store::Store& store, int fd, const ImportOptions& options,
                          const Host& host) {
  return import_layer(store, from_stream(store, fd, "root file system", options), options, host);
}

}  // namespace containerlib::archive
