#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace containerlib::oci {

/// A content address, "sha256:" and 64 lower-case hexadecimal digits; sha512 with 128
/// (descriptor.md, Digests). Only a validating parser makes one, so text() may become part of a
/// path (SEC-75).
class Digest {
 public:
  enum class Algorithm : std::uint8_t { sha256, sha512 };

  static std::optional<Digest> parse(std::string_view);
  /// The same; throws image_corrupt that names `where` the text was found.
  static Digest require(std::string_view, std::string_view where);
  /// From bytes a hasher made; their number is that of the algorithm.
  static Digest from_bytes(Algorithm, std::string_view raw);
  /// The sha256 of `data`.
  static Digest of(std::string_view data);

  const std::string& text() const noexcept { return text_; }
  std::string_view hex() const noexcept { return std::string_view(text_).substr(7); }
  Algorithm algorithm() const noexcept { return algorithm_; }
  auto operator<=>(const Digest& other) const noexcept { return text_ <=> other.text_; }
  bool operator==(const Digest& other) const noexcept { return text_ == other.text_; }

 private:
  Digest(Algorithm algorithm, std::string text) : text_(std::move(text)), algorithm_(algorithm) {}
  std::string text_;
  Algorithm algorithm_;
};

/// Computes a digest of what is fed to it. One thread at a time.
class Hasher {
 public:
  explicit Hasher(Digest::Algorithm = Digest::Algorithm::sha256);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(const void* data, std::size_t size);
  /// The digest of all that was fed; ends the hasher.
  Digest finish();

 private:
  struct Free {
    void operator()(void* context) const noexcept;
  };
  Digest::Algorithm algorithm_;
  std::unique_ptr<void, Free> context_;
};

}  // namespace containerlib::oci
