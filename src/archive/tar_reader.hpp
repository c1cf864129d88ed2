#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "archive/source.hpp"
#include "archive/tar_entry.hpp"

namespace containerlib::archive {

/// Reads tar: POSIX ustar and pax, GNU long names and base-256 numbers, and the old V7 form. Own
/// code rather than libarchive's reader, which converts names to the locale's character set (lossy
/// in the host's "C" locale) and allocates before a limit can be checked. Sparse files, volume
/// labels and multi-volume members are refused, as Go's reader does; global pax headers may hold a
/// comment only. All that is wrong is image_corrupt naming `subject` and the entry.
class TarReader {
 public:
  TarReader(Source& from, const Limits& limits, std::string subject)
      : from_(from), limits_(limits), subject_(std::move(subject)) {}

  /// The next member; false at the end. What was not read of the last one's content is skipped.
  bool next(TarEntry&);
  /// The next bytes of the current file's content; empty at its end.
  std::string_view content();
  /// Reads what follows the archive's end, which counts as part of it.
  void skip_rest();

 private:
  struct Extensions;

  [[noreturn]] void fail(const std::string& why) const;
  /// The next bytes, at most `size`; empty at the end of the source.
  std::string_view take(std::size_t size);
  /// Exactly tar_block bytes to header_; false at the clean end of the source.
  bool read_block();
  void skip_content();
  std::string read_extension(std::uint64_t size);
  void apply_records(std::string_view records, Extensions&) const;
  void apply_record(std::string_view key, std::string_view value, Extensions&) const;
  void check_global(std::string_view records) const;
  template <class Each>
  void for_each_record(std::string_view records, Each each) const;
  std::string_view field(std::size_t offset, std::size_t size) const;
  std::uint64_t number(std::size_t offset, std::size_t size, const char* name) const;
  std::int64_t signed_number(std::size_t offset, std::size_t size, const char* name) const;
  void check_sum() const;
  void fill(TarEntry&, const Extensions&);

  Source& from_;
  Limits limits_;
  std::string subject_, current_;
  std::string_view in_;
  char header_[tar_block];
  std::uint64_t content_left_ = 0, padding_left_ = 0, headers_ = 0, total_ = 0;
  std::uint64_t extension_size_ = 0;  ///< read for the member that follows
  bool ended_ = false;
};

}  // namespace containerlib::archive
