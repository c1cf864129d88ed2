#pragma once
#include <containerlib/error.hpp>
#include <containerlib/options.hpp>

#include <memory>

CONTAINERLIB_BEGIN_NAMESPACE

/// What an image says about running it (image-spec, config.md). A value.
struct ImageConfig {
  std::vector<std::string> entrypoint = {}, command = {};
  std::vector<std::string> env = {};  ///< "NAME=VALUE", in order
  std::string user = {};
  std::string working_dir = {};
  std::string stop_signal = {};
  std::map<std::string, std::string> labels = {};
  std::vector<std::string> exposed_ports = {};  ///< "80/tcp"
  std::vector<std::string> volumes = {};
  std::string architecture = {}, os = {}, variant = {};
  std::string created = {};  ///< RFC 3339, as the image has it; may be empty
};

/// An image in the store: an immutable root file system with its default command. A cheap handle:
/// copy it freely, use it from any thread. It stays valid after the image has been removed, but
/// starting a container from it then fails with image_not_found.
class CONTAINERLIB_API Image {
 public:
  const std::string& id() const noexcept;      ///< digest of the configuration, "sha256:…"
  const std::string& digest() const noexcept;  ///< digest of the manifest
  const ImageConfig& config() const noexcept;
  const std::vector<std::string>& layers() const noexcept;  ///< diffIDs, lowest first
  Bytes size() const noexcept;                              ///< of the unpacked layers
  /// The names it has now: "docker.io/library/busybox:latest".
  std::vector<std::string> tags() const;
  /// Of an image that load() returned: the names the archive (and LoadOptions::tag) gave it.
  const std::vector<std::string>& loaded_names() const noexcept;
  /// The configuration as the image's author wrote it, a JSON text.
  const std::string& config_json() const noexcept;
  const std::string& manifest_json() const noexcept;

  /// Writes the image, blobs byte for byte as they came, to a file or (oci_layout) a directory.
  /// "-" is not special here; see save(int). Errors: any errno of writing; the partial file is
  /// removed.
  void save(const std::filesystem::path& to, ImageFormat = ImageFormat::oci_archive) const;
  Result<void> try_save(const std::filesystem::path& to,
                        ImageFormat = ImageFormat::oci_archive) const;
  /// Archive formats only, to an open descriptor (a pipe will do).
  void save(int fd, ImageFormat = ImageFormat::oci_archive) const;
  Result<void> try_save(int fd, ImageFormat = ImageFormat::oci_archive) const;

  /// Made by Runtime. @private
  struct Impl;
  explicit Image(std::shared_ptr<const Impl>) noexcept;
  const std::shared_ptr<const Impl>& impl() const noexcept { return impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

CONTAINERLIB_END_NAMESPACE
