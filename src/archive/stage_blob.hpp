#pragma once
#include <string>
#include <string_view>

#include "archive/source.hpp"
#include "store/staging.hpp"

namespace containerlib::archive {

/// A new file of the staging directory, written in pieces, and its digest.
class BlobWriter {
 public:
  BlobWriter(store::Vfs&, store::Staging&, oci::Digest::Algorithm = oci::Digest::Algorithm::sha256);
  void write(std::string_view data);
  /// Once.
  store::StagedBlob finish();

 private:
  void put(std::string_view data);

  store::Vfs& vfs_;
  std::string name_;
  Fd fd_;
  oci::Hasher hasher_;
  std::string waiting_;  ///< small pieces, until there are enough
  std::uint64_t size_ = 0;
};

/// Writes a stream to a new file of the staging directory and tells its digest.
store::StagedBlob stage_blob(store::Vfs&, store::Staging&, Source&,
                             oci::Digest::Algorithm = oci::Digest::Algorithm::sha256);
store::StagedBlob stage_blob(store::Vfs&, store::Staging&, std::string_view data);

/// What a staged blob's first bytes say.
oci::Compression compression_of(store::Vfs&, const store::Staging&, const store::StagedBlob&);

}  // namespace containerlib::archive
