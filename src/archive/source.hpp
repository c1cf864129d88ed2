#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "archive/archive.hpp"
#include "oci/digest.hpp"
#include "oci/media_type.hpp"

// A stream of bytes as a chain of sources, each of which pulls from the one before:
// file, digest, inflate, digest, tar reader.
namespace containerlib::archive {

inline constexpr std::size_t buffer_size = 256 << 10;

class Source {
 public:
  virtual ~Source() = default;
  /// The next bytes, valid until the next call; empty at the end (and again after it). Throws.
  virtual std::string_view next() = 0;
};

/// A descriptor, read to its end. Ends with operation_canceled once a stop is requested.
class FdSource : public Source {
 public:
  FdSource(store::Vfs& vfs, int fd, std::string subject, std::stop_token stop);
  std::string_view next() override;

 private:
  store::Vfs& vfs_;
  int fd_;
  std::string subject_;
  std::stop_token stop_;
  std::vector<char> buffer_;
};

class MemorySource : public Source {
 public:
  explicit MemorySource(std::string_view data) : data_(data) {}
  std::string_view next() override { return std::exchange(data_, {}); }

 private:
  std::string_view data_;
};

/// Digest and number of the bytes that pass.
class HashingSource : public Source {
 public:
  explicit HashingSource(Source& from,
                         oci::Digest::Algorithm algorithm = oci::Digest::Algorithm::sha256)
      : from_(from), hasher_(algorithm) {}
  std::string_view next() override;
  std::uint64_t size() const noexcept { return size_; }
  /// Reads what is left, then tells the digest of everything. Once.
  oci::Digest finish();

 private:
  Source& from_;
  oci::Hasher hasher_;
  std::uint64_t size_ = 0;
};

/// The same bytes, with their first ones known beforehand.
class PeekedSource : public Source {
 public:
  explicit PeekedSource(Source& from);
  std::string_view next() override;
  /// What the first bytes say (RFC 1952, RFC 8878; a skippable frame also starts a zstd stream).
  oci::Compression compression() const;

 private:
  Source& from_;
  std::string head_;
  bool head_read_ = false;
};

/// Inflates: gzip with any number of members, zstd with any number of frames and windows up to
/// 128 MiB. Damaged, truncated or too profitable data (Limits::ratio), and more than
/// Limits::total_size of it, is image_corrupt. `from` must outlive the result.
std::unique_ptr<Source> inflate(Source& from, oci::Compression, const Limits&,
                                const std::string& subject);

/// Reads `from` in a thread of its own, some buffers ahead; all signals are blocked in it, and the
/// destructor joins it. Without a thread to be had it reads in the caller's.
std::unique_ptr<Source> read_ahead(Source& from);

/// "image_corrupt" of a stream.
[[noreturn]] void throw_corrupt(const std::string& subject, std::string hint);

}  // namespace containerlib::archive
