#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace containerlib::oci {

/// What an image runs on (image-index.md, "platform"), normalised: "x86_64" is amd64, arm64 without
/// a variant is v8, arm without one v7.
struct Platform {
  std::string os, architecture, variant;
  bool operator==(const Platform&) const = default;

  /// "linux/arm64/v8", "linux/amd64", "arm64" (linux is meant).
  static std::optional<Platform> parse(std::string_view);
  static Platform normalised(std::string_view os, std::string_view architecture,
                             std::string_view variant);
  /// This machine's.
  static Platform host();
  std::string text() const;
};

/// How well an image for `offered` runs where `wanted` was asked for: 0 not at all, more is better.
/// An older variant runs on a newer machine (arm v6 on v7, amd64 v1 on v2), never the other way.
int match(const Platform& wanted, const Platform& offered);

}  // namespace containerlib::oci
