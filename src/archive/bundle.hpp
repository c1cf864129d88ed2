#pragma once
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "archive/archive.hpp"
#include "store/staging.hpp"

namespace containerlib::archive {

/// What `load` reads: named files, of a directory or an archive. Content goes to the staging
/// directory, so that what was verified is what is committed.
class Bundle {
 public:
  virtual ~Bundle() = default;
  virtual bool has(const std::string& name) = 0;
  /// A file of at most `limit` bytes; more, or no such file, is image_corrupt.
  virtual std::string document(const std::string& name, std::size_t limit) = 0;
  virtual std::uint64_t size(const std::string& name) = 0;
  /// A file as a blob in the staging directory, with the digest it really has (sha512 when the name
  /// is "blobs/sha512/…").
  virtual store::StagedBlob stage(const std::string& name) = 0;
};

std::unique_ptr<Bundle> open_directory(store::Vfs&, Fd dir, std::string path, store::Staging&,
                                       std::stop_token);
/// Reads the whole archive in one pass, and `fd`, which may be a pipe, to its end: so its writer
/// can end, and a checksum there has been looked at.
std::unique_ptr<Bundle> open_archive(store::Vfs&, int fd, const std::string& path, store::Staging&,
                                     const Limits&, std::stop_token);

}  // namespace containerlib::archive
