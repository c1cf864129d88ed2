#include "oci/platform.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace containerlib::oci {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// "v8" is 80, "v8.2" 82, "" is `otherwise`, anything else -1.
int level(std::string_view variant, int otherwise) {
  if (variant.empty()) return otherwise;
  if (variant.front() != 'v') return -1;
  variant.remove_prefix(1);
  int major = 0, minor = 0;
  auto [end, error] = std::from_chars(variant.data(), variant.data() + variant.size(), major);
  if (error != std::errc() || major < 0 || major > 99) return -1;
  variant.remove_prefix(static_cast<std::size_t>(end - variant.data()));
  if (!variant.empty()) {
    if (variant.size() != 2 || variant[0] != '.' || variant[1] < '0' || variant[1] > '9') return -1;
    minor = variant[1] - '0';
  }
  return major * 10 + minor;
}

/// The architecture's level when no variant is written; 0: its variants have no order.
int base_level(std::string_view architecture) {
  if (architecture == "amd64") return 10;
  if (architecture == "arm64") return 80;
  if (architecture == "arm") return 70;
  return 0;
}

std::string host_variant() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return "v4";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
      __builtin_cpu_supports("fma"))
    return "v3";
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt")) return "v2";
#endif
  return {};
}

}  // namespace

Platform Platform::normalised(std::string_view os, std::string_view architecture,
                              std::string_view variant) {
  Platform out{lower(os), lower(architecture), lower(variant)};
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> aliases{
      {{"x86_64", "amd64"},
       {"x86-64", "amd64"},
       {"aarch64", "arm64"},
       {"i386", "386"},
       {"i686", "386"},
       {"loongarch64", "loong64"}}};
  for (const auto& [alias, name] : aliases)
    if (out.architecture == alias) out.architecture = name;
  if (out.architecture == "armhf" || out.architecture == "armel") {
    out.variant = out.architecture == "armhf" ? "v7" : "v6";
    out.architecture = "arm";
  }
  if (!out.variant.empty() && out.variant[0] >= '0' && out.variant[0] <= '9')
    out.variant.insert(out.variant.begin(), 'v');
  if (out.architecture == "arm64" && out.variant.empty()) out.variant = "v8";
  if (out.architecture == "arm" && out.variant.empty()) out.variant = "v7";
  if (out.architecture == "amd64" && out.variant == "v1") out.variant.clear();
  return out;
}

std::optional<Platform> Platform::parse(std::string_view text) {
  std::array<std::string_view, 3> parts;
  std::size_t count = 0;
  while (true) {
    if (count == parts.size()) return std::nullopt;
    std::size_t slash = text.find('/');
    parts[count] = text.substr(0, slash);
    if (!is_word(parts[count])) return std::nullopt;
    ++count;
    if (slash == std::string_view::npos) break;
    text.remove_prefix(slash + 1);
  }
  return count == 1 ? normalised("linux", parts[0], {}) : normalised(parts[0], parts[1], parts[2]);
}

Platform Platform::host() {
  utsname name{};
  ::uname(&name);
  std::string_view machine = name.machine;
  if (machine.starts_with("armv")) return normalised("linux", "arm", machine.substr(4, 1));
  return normalised("linux", machine, host_variant());
}

std::string Platform::text() const {
  return os + '/' + architecture + (variant.empty() ? "" : '/' + variant);
}

int match(const Platform& wanted, const Platform& offered) {
  if (wanted.os != offered.os || wanted.architecture != offered.architecture) return 0;
  int base = base_level(wanted.architecture);
  if (base == 0) return wanted.variant == offered.variant ? 2 : (wanted.variant.empty() ? 1 : 0);
  int want = level(wanted.variant, base), offer = level(offered.variant, base);
  if (want < 0 || offer < 0) return wanted.variant == offered.variant ? 1 : 0;
  return offer <= want ? 1 + offer : 0;
}

}  // namespace containerlib::oci
