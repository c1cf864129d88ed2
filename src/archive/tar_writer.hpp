#pragma once
#include <functional>
#include <string_view>

#include "archive/tar_entry.hpp"

namespace containerlib::archive {

/// Writes tar: ustar headers, with a pax header before those whose values do not fit. The same
/// entries give the same bytes.
class TarWriter {
 public:
  using Write = std::function<void(std::string_view)>;
  explicit TarWriter(Write write) : write_(std::move(write)) {}
  /// A member's header. A file's content follows with content(), entry.size bytes of it.
  void header(const TarEntry&);
  void content(std::string_view);
  /// A small file at once: mode 0644, owner 0:0, time 0.
  void file(std::string_view path, std::string_view data);
  /// The header of a file as file() has it.
  void file_header(std::string_view path, std::uint64_t size);
  void directory(std::string_view path);
  /// The end of the archive. Throws EIO when the last content was short of its size.
  void finish();

 private:
  void pad();

  Write write_;
  std::uint64_t left_ = 0;
  std::uint64_t padding_ = 0;
};

}  // namespace containerlib::archive
