#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// A tar as bytes, written by code that shares nothing with the library's: also what no sane writer
/// makes.
class TarBytes {
 public:
  struct Header {
    std::string name;
    char type = '0';
    std::string content = {}, link = {};
    std::uint32_t mode = 0644, uid = 0, gid = 0;
    std::int64_t mtime = 1000;
    std::uint32_t major = 0, minor = 0;
    /// Overrides what the size field says.
    std::int64_t claimed_size = -1;
  };

  TarBytes& add(const Header&);
  TarBytes& dir(const std::string& name, std::uint32_t mode = 0755, std::uint32_t uid = 0,
                std::uint32_t gid = 0);
  TarBytes& file(const std::string& name, const std::string& content = {},
                 std::uint32_t mode = 0644);
  TarBytes& link(const std::string& name, const std::string& target);
  TarBytes& symlink(const std::string& name, const std::string& target);
  /// An extended header for the next member.
  TarBytes& pax(const std::vector<std::pair<std::string, std::string>>& records, char type = 'x');
  TarBytes& raw(const std::string& bytes);
  /// With the two blocks of zeros.
  std::string end() const;
  /// Without.
  const std::string& bytes() const { return bytes_; }

  static std::string header(const Header&);
  static std::string record(const std::string& key, const std::string& value);
  /// Puts the right checksum into a 512-byte header.
  static void seal(std::string& header);

 private:
  std::string bytes_;
};

std::string gzip(std::string_view data);
std::string zstd(std::string_view data);

}  // namespace test
