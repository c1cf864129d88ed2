#include "sandbox/compile/bit_mask.hpp"

#include <climits>
#include <vector>

#include "base/error.hpp"
#include "linux/text.hpp"

namespace containerlib::sandbox {
namespace {

constexpr std::size_t word_bits = sizeof(unsigned long) * CHAR_BIT;
constexpr std::uint64_t most = 8192;  // CONFIG_NR_CPUS goes no further

std::uint64_t number(std::string_view text, std::string_view list, const char* field) {
  const auto value = sys::parse_number(text);
  if (!value || *value >= most)
    throw_error(Errc::invalid_option, "compile", field,
                "not a list like 0-3,7: " + printable(list));
  return *value;
}

}  // namespace

std::string bit_mask(std::string_view list, const char* field) {
  std::vector<unsigned long> words;
  if (list.empty()) return {};
  for (const std::string_view range : sys::split(list, ',')) {
    const std::size_t dash = range.find('-');
    const std::uint64_t first = number(range.substr(0, dash), list, field);
    const std::uint64_t last =
        dash == range.npos ? first : number(range.substr(dash + 1), list, field);
    if (last / word_bits >= words.size()) words.resize(last / word_bits + 1);
    for (std::uint64_t bit = first; bit <= last; ++bit)
      words[bit / word_bits] |= 1ul << bit % word_bits;
  }
  return {reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0]};
}

}  // namespace containerlib::sandbox
