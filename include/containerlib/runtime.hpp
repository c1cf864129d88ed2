#pragma once
#include <containerlib/container.hpp>
#include <containerlib/image.hpp>

CONTAINERLIB_BEGIN_NAMESPACE

/// What this host can do, and why not.
struct HostInfo {
  std::string kernel = {};  ///< "6.1.0-18-amd64"
  bool rootless = false;
  std::string cgroup_layout = {};  ///< "v2", "hybrid", "v1" or "none"
  struct Controller {
    std::string name = {};     ///< "memory"
    std::string version = {};  ///< "v2", "v1", or empty when it cannot be used
    std::string path = {};     ///< where containers' groups are made
    std::string reason = {};   ///< why it cannot be used
  };
  std::vector<Controller> controllers = {};
  struct Feature {
    std::string name = {};  ///< "user namespaces", "idmapped mounts", "overlay", …
    bool available = false;
    std::string detail = {};
  };
  std::vector<Feature> features = {};
  std::filesystem::path root = {}, run_root = {};
  std::size_t images = 0, containers = 0;
};

/// Where images live and containers start. A cheap handle: copies share one store and one monitor
/// process, which starts with the first container. Safe from any thread. Images and containers keep
/// what they need of it alive. In a child that the host has forked every call fails with
/// used_after_fork.
class CONTAINERLIB_API Runtime {
 public:
  /// Opens or makes the store and undoes what a killed process has left half-done.
  explicit Runtime(const RuntimeOptions& = {});
  static Result<Runtime> open(const RuntimeOptions& = {});

  /// Loads an OCI image layout directory, an OCI archive or a `docker save` archive, plain or
  /// compressed with gzip or zstd. All digests, diffIDs, sizes and media types are verified.
  /// Returns every image of it (for the platform asked for), tagged as the archive says.
  /// Errors: image_corrupt, image_not_found (no image for the platform), any errno. Nothing is kept
  /// of an archive that failed.
  std::vector<Image> load_all(const std::filesystem::path&, const LoadOptions& = {});
  Result<std::vector<Image>> try_load_all(const std::filesystem::path&, const LoadOptions& = {});
  /// The same from an open descriptor (a pipe will do); archives only.
  Result<std::vector<Image>> try_load_all(int fd, const LoadOptions& = {});
  /// The first image of load_all().
  Image load(const std::filesystem::path&, const LoadOptions& = {});
  Result<Image> try_load(const std::filesystem::path&, const LoadOptions& = {});
  /// Makes an image of one layer from a root file system: a directory or a tar archive.
  Image import(const std::filesystem::path& rootfs, const ImportOptions& = {});
  Result<Image> try_import(const std::filesystem::path& rootfs, const ImportOptions& = {});
  Result<Image> try_import(int fd, const ImportOptions& = {});

  /// By name ("alpine", "alpine:3.20", "localhost/x@sha256:…") or by id or a unique prefix of it.
  Image image(std::string_view reference) const;
  Result<Image> try_image(std::string_view reference) const;
  std::vector<Image> images() const;
  void tag(const Image&, std::string_view name);
  Result<void> try_tag(const Image&, std::string_view name);
  /// Takes a name away, and with the last one the image; by id: the image and its name, with
  /// `force` all its names. Returns what was done: "untagged: NAME", "deleted: ID". Errors: in_use
  /// (unless by force: a container has it, or an id has several names).
  std::vector<std::string> remove_image(std::string_view reference, bool force = false);
  Result<std::vector<std::string>> try_remove_image(std::string_view reference, bool force = false);
  /// Writes several images to one archive or layout, each called what it is asked for by. As
  /// Image::save().
  Result<void> try_save(const std::vector<std::string>& references, const std::filesystem::path& to,
                        ImageFormat = ImageFormat::docker_archive) const;
  Result<void> try_save(const std::vector<std::string>& references, int fd,
                        ImageFormat = ImageFormat::docker_archive) const;

  /// Starts, waits, collects the captured output, removes. Leaves nothing on disk.
  Completed run(const Image&, const ContainerOptions& = {});
  Result<Completed> try_run(const Image&, const ContainerOptions& = {});
  Container start(const Image&, const ContainerOptions& = {});
  Result<Container> try_start(const Image&, const ContainerOptions& = {});
  Container create(const Image&, const ContainerOptions& = {});  ///< not started
  Result<Container> try_create(const Image&, const ContainerOptions& = {});
  /// A new container that goes on where Container::checkpoint() has written it, with the options it
  /// had; its output goes to its log, or comes from a new terminal. Its image must be in the store,
  /// and the sources of its mounts where they were. The directory stays, and can be restored again:
  /// while no other container has the user ids that it names. Errors: image_not_found; in_use (the
  /// ids); name_in_use; and std::errc::operation_canceled with criu's own reason. Nothing is left
  /// of one that fails.
  Container restore(const std::filesystem::path& directory, const RestoreOptions& = {});
  Result<Container> try_restore(const std::filesystem::path& directory, const RestoreOptions& = {});
  /// Every step that start() would take, one a line, and nothing is done.
  std::string plan(const Image&, const ContainerOptions& = {}) const;
  Result<std::string> try_plan(const Image&, const ContainerOptions& = {}) const;

  /// By name, id or a unique prefix of the id.
  std::optional<Container> find(std::string_view name_or_id) const;
  std::vector<ContainerInfo> containers() const;  ///< newest first
  HostInfo info() const;

  /// Internal. @private
  struct Impl;

 private:
  explicit Runtime(std::shared_ptr<Impl>) noexcept;
  std::shared_ptr<Impl> impl_;
};

/// "0.1.0"
CONTAINERLIB_API std::string_view version() noexcept;

CONTAINERLIB_END_NAMESPACE
