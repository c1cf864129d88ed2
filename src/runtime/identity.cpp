#include "runtime/identity.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <iterator>

#include "runtime/invalid.hpp"

namespace containerlib::runtime {
namespace {

constexpr std::string_view manners[] = {
    "agile", "amber", "ample", "bold",  "brave", "brisk",  "calm",  "clear", "civil", "deft",
    "dry",   "eager", "early", "even",  "exact", "fair",   "fleet", "frank", "fresh", "glad",
    "grand", "hale",  "handy", "hardy", "happy", "jolly",  "keen",  "kind",  "light", "lively",
    "loyal", "lucid", "merry", "mild",  "neat",  "nimble", "noble", "plain", "prime", "proud",
    "quick", "quiet", "rapid", "ready", "sharp", "smooth", "snug",  "solid", "sound", "steady",
    "still", "stout", "sunny", "swift", "tidy",  "vivid",  "warm",  "witty"};
constexpr std::string_view creatures[] = {
    "badger",  "beaver", "bison",   "bittern", "carp",     "cormorant", "crane",   "curlew",
    "deer",    "dipper", "dunlin",  "egret",   "falcon",   "ferret",    "finch",   "fox",
    "gannet",  "goose",  "grouse",  "hare",    "hawk",     "heron",     "hoopoe",  "ibex",
    "jackdaw", "jay",    "kestrel", "kite",    "lark",     "linnet",    "lynx",    "magpie",
    "marten",  "mole",   "moose",   "newt",    "nuthatch", "osprey",    "otter",   "owl",
    "perch",   "pike",   "pipit",   "plover",  "puffin",   "quail",     "raven",   "redwing",
    "robin",   "salmon", "seal",    "shrike",  "siskin",   "stoat",     "swallow", "swan",
    "teal",    "tern",   "thrush",  "trout",   "vole",     "weasel",    "whale",   "wren"};

template <std::size_t size>
std::array<unsigned char, size> random_bytes() {
  std::array<unsigned char, size> bytes;
  // Up to 256 bytes getrandom(2) gives in one piece once the kernel's pool is ready.
  while (::getrandom(bytes.data(), size, 0) != static_cast<ssize_t>(size))
    if (errno != EINTR) throw_errno(errno, "get random bytes");
  return bytes;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::string new_id() {
  constexpr char digits[] = "0123456789abcdef";
  std::string id;
  for (unsigned char byte : random_bytes<32>()) {
    id += digits[byte >> 4];
    id += digits[byte & 15];
  }
  return id;
}

std::string new_name() {
  const auto bytes = random_bytes<2>();
  return std::string(manners[bytes[0] % std::size(manners)]) + '_' +
         std::string(creatures[bytes[1] % std::size(creatures)]);
}

void check_name(std::string_view name) {
  bool good = !name.empty() && name.size() <= 128 && is_alphanumeric(name[0]);
  for (char c : name) good = good && (is_alphanumeric(c) || c == '_' || c == '.' || c == '-');
  if (!good)
    invalid("name", "\"" + printable(name) + "\" is not [a-zA-Z0-9][a-zA-Z0-9_.-]*, 128 at most");
}

bool is_id_prefix(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  return true;
}

}  // namespace containerlib::runtime
