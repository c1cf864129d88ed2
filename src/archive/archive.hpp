#pragma once
#include <containerlib/options.hpp>

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "store/store.hpp"

// Between image archives and the store: load, import, save. Every function may be called from any
// thread and ends with std::errc::operation_canceled soon after a stop was requested.
namespace containerlib::archive {

/// What an archive may cost before it is refused as image_corrupt (SEC-77).
struct Limits {
  std::uint64_t total_size = std::uint64_t{256} << 30;  ///< a layer's tar
  std::uint64_t entries = 10'000'000;                   ///< of a layer
  std::uint64_t pax_size = 1 << 20;                     ///< an entry's extended headers together
  std::size_t path_size = 4096;                         ///< PATH_MAX: none longer can be used
  /// What is in memory until a layer's end: its directories, whiteouts and owners to hand over.
  std::uint64_t kept_size = std::uint64_t{256} << 20;
  /// Inflated bytes for one compressed byte, once a stream is longer than `ratio_free`. A little
  /// more than deflate can do (1032): so no gzip is refused for its zeros, and `total_size` bounds
  /// it. zstd can do 30 times as much, which a file of a few kilobytes should not get from a disk.
  std::uint64_t ratio = 1100, ratio_free = std::uint64_t{1} << 30;
};

/// The owner and mode an entry shall have where this process may not chown.
struct Owner {
  std::string path;  ///< relative to the layer's root, no symbolic link in it; "." the root
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t mode = 0;  ///< permissions and set-id bits; not for symbolic links
  bool symlink = false;
  std::string capability;  ///< value of security.capability; empty: none
};

/// Gives files to subordinate ids. Called once a layer, when it is complete.
class OwnerFixer {
 public:
  virtual ~OwnerFixer() = default;
  virtual void apply(int dir, const std::vector<Owner>&) = 0;
};

/// What the process that unpacks is and may.
struct Host {
  /// Rootless: set. Files stay the caller's own, entries with another owner than 0:0 or with file
  /// capabilities are handed over here, and device nodes are left out (with a line in the log).
  /// nullptr: the process may chown.
  OwnerFixer* owners = nullptr;
  Limits limits = {};
};

struct LoadedImage {
  store::ImageRecord image;
  std::vector<std::string> names;  ///< that it got from the archive and LoadOptions::tag, sorted
};

/// Loads every image (of the platform asked for, else the host's) from an OCI image layout
/// directory, an OCI archive or a `docker save` archive, plain or compressed with gzip or zstd.
/// Names come from the archive ("io.containerd.image.name", "org.opencontainers.image.ref.name",
/// RepoTags), and options.tag is one more for the first image. A ref.name that is a tag alone, as
/// skopeo and umoci write it, gets the base name of the file or directory as its repository.
///
/// Verified: sizes, digests, diffIDs, media types against content. A layer is unpacked once,
/// whoever brought it. Errors: image_corrupt, which names the layer and the entry; image_not_found,
/// when no image is for the platform; unsupported; any errno. Nothing is kept of an archive that
/// failed.
///
/// A layer stands alone, since every image that has it shares one tree: a hard link to a file of a
/// lower layer is refused, and a directory that the layer implies but does not list gets the mode,
/// owner and time it has in the layers below it in the image that first brought the layer.
std::vector<LoadedImage> load(store::Store&, const std::filesystem::path&, const LoadOptions& = {},
                              const Host& = {});
/// Archives only; the descriptor is read to its end and may be a pipe.
std::vector<LoadedImage> load(store::Store&, int fd, const LoadOptions& = {}, const Host& = {});

/// Makes an image of one layer from a root file system: a tar archive (plain, gzip, zstd; kept as
/// it is) or a directory. The same tree gives the same digests. Of a directory: sockets are left
/// out, times are cut to seconds, and a rootless caller's image belongs to 0:0 throughout.
store::ImageRecord import(store::Store&, const std::filesystem::path& rootfs,
                          const ImportOptions& = {}, const Host& = {});
/// From a tar archive on a descriptor, which may be a pipe.
store::ImageRecord import(store::Store&, int fd, const ImportOptions& = {}, const Host& = {});

/// An image to save, and the names it has in the archive (each one a reference; none: found by its
/// digest only). In an OCI archive ref.name is the tag alone, as docker has it, so that other tools
/// can be told "FILE:TAG".
struct SaveItem {
  store::ImageRecord image;
  std::vector<std::string> names;
};

/// Writes images to a file (a partial one is removed) or, as oci_layout, a directory, which must be
/// new or empty. Blobs are written byte for byte as they came; in a docker_archive layers are plain
/// tar, as docker has it. The same images give the same bytes. Errors: any errno of writing,
/// image_not_found, image_corrupt.
void save(store::Store&, const std::vector<SaveItem>&, const std::filesystem::path& to, ImageFormat,
          std::stop_token = {});
/// To an open descriptor (a pipe will do): oci_archive and docker_archive; else invalid_option.
void save(store::Store&, const std::vector<SaveItem>&, int fd, ImageFormat, std::stop_token = {});

}  // namespace containerlib::archive
