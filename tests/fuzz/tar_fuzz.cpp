// A layer's tar. Mutations keep the checksums of the headers right, else few would get any further.
#include <cstring>

#include "archive/entry_path.hpp"
#include "archive/tar_reader.hpp"
#include "fuzz/fuzz.hpp"

using namespace containerlib::archive;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

constexpr std::size_t sum_offset = 148, sum_size = 8;

/// As the header wants it: six octal digits, NUL, blank.
void seal(std::uint8_t* header) {
  std::memset(header + sum_offset, ' ', sum_size);
  unsigned sum = 0;
  for (std::size_t i = 0; i < tar_block; ++i) sum += header[i];
  std::snprintf(reinterpret_cast<char*>(header + sum_offset), sum_size, "%06o", sum);
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned) {
  size = LLVMFuzzerMutate(data, size, most);
  for (std::size_t at = 0; at + tar_block <= size; at += tar_block)
    if (data[at] != 0 && std::memcmp(data + at + 257, "ustar", 5) == 0) seal(data + at);
  return size;
}

void fuzz::one(std::string_view input) {
  Limits limits;
  limits.pax_size = 4096;
  accepted([&] {
    MemorySource memory(input);
    TarReader reader(memory, limits, "a test");
    std::size_t content = 0;
    for (TarEntry entry; reader.next(entry);) {
      require(!entry.path.empty() && entry.path.size() <= limits.path_size, "an entry has a name");
      require(
          entry.path.find('\0') == std::string::npos && entry.link.find('\0') == std::string::npos,
          "a path has no NUL");
      if (const auto path = clean_path(entry.path)) {
        std::string_view hidden;
        (void)classify(*path, &hidden);
        require(("/" + *path + "/").find("/../") == std::string::npos,
                "a path stays below its root");
      }
      std::size_t size = 0;
      for (std::string_view data; !(data = reader.content()).empty();) size += data.size();
      require(size == entry.size, "a file has its size");
      content += size;
    }
    reader.skip_rest();
    require(content <= input.size(), "no content comes from nowhere");
  });
}
