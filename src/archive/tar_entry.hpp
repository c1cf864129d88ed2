#pragma once
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace containerlib::archive {

/// A member of a tar archive with its extensions applied.
struct TarEntry {
  enum class Type { file, hard_link, symlink, char_device, block_device, directory, fifo };
  Type type = Type::file;
  std::string path, link;  ///< raw bytes, never empty path
  std::uint32_t mode = 0;  ///< permissions and set-id bits
  std::uint32_t uid = 0, gid = 0;
  std::uint64_t size = 0;  ///< of a file
  timespec mtime{};
  std::uint32_t device_major = 0, device_minor = 0;
  std::vector<std::pair<std::string, std::string>> xattrs;
};

inline constexpr std::size_t tar_block = 512;

}  // namespace containerlib::archive
