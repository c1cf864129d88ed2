#include <cstddef>
#include <cstdint>

#include "fuzz/fuzz.hpp"

// Called by libFuzzer, each time with memory of exactly this size.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::one({reinterpret_cast<const char*>(data), size});
  return 0;
}
