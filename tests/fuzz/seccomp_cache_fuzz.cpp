// A file of the cache of compiled seccomp profiles: "key--\nfile". The checksum is made right, else
// nothing gets any further.
#include "sandbox/seccomp/disk_entry.hpp"

#include "fuzz/fuzz.hpp"

using namespace containerlib::sandbox;

namespace {

/// FNV-1a over what follows magic and checksum, which are the first 16 bytes.
std::string sealed(std::string_view bytes) {
  std::string out(bytes);
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const char byte : bytes.substr(16))
    sum = (sum ^ static_cast<std::uint8_t>(byte)) * std::uint64_t{0x100000001b3};
  return out.replace(8, sizeof sum, reinterpret_cast<const char*>(&sum), sizeof sum);
}

}  // namespace

void fuzz::one(std::string_view input) {
  const std::string_view key = take_part(input);
  (void)parse_entry(input, key);
  if (input.size() < 16) return;
  if (const auto program = parse_entry(sealed(input), key)) {
    const auto again = parse_entry(entry_bytes(key, *program), key);
    require(again && again->bytes == program->bytes, "an entry read again is the same");
  }
}
