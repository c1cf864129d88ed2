#include "oci/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>

#include "base/error.hpp"

namespace containerlib::oci {
namespace {

struct Form {
  Digest::Algorithm algorithm;
  std::string_view prefix;
  std::size_t hex_digits;
};
constexpr std::array<Form, 2> forms{{
    {Digest::Algorithm::sha256, "sha256:", 64},
    {Digest::Algorithm::sha512, "sha512:", 128},
}};

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::optional<Digest> Digest::parse(std::string_view text) {
  for (const Form& form : forms) {
    if (!text.starts_with(form.prefix)) continue;
    std::string_view hex = text.substr(form.prefix.size());
    if (hex.size() != form.hex_digits) return std::nullopt;
    for (char c : hex)
      if (!is_lower_hex(c)) return std::nullopt;
    return Digest(form.algorithm, std::string(text));
  }
  return std::nullopt;
}

Digest Digest::require(std::string_view text, std::string_view where) {
  if (auto digest = parse(text)) return *std::move(digest);
  throw_error(Errc::image_corrupt, "read " + std::string(where), std::string(text),
              "a digest is \"sha256:\" and 64 lower-case hexadecimal digits");
}

Digest Digest::from_bytes(Algorithm algorithm, std::string_view raw) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(forms[static_cast<std::size_t>(algorithm)].prefix);
  for (unsigned char byte : raw) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return Digest(algorithm, std::move(text));
}

Digest Digest::of(std::string_view data) {
  Hasher hasher;
  hasher.update(data.data(), data.size());
  return hasher.finish();
}

void Hasher::Free::operator()(void* context) const noexcept {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

Hasher::Hasher(Digest::Algorithm algorithm) : algorithm_(algorithm), context_(EVP_MD_CTX_new()) {
  const EVP_MD* kind = algorithm == Digest::Algorithm::sha256 ? EVP_sha256() : EVP_sha512();
  if (!context_ || EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_.get()), kind, nullptr) != 1)
    throw std::bad_alloc();
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(const void* data, std::size_t size) {
  if (EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), data, size) != 1)
    throw_errno(EIO, "compute digest");
}

Digest Hasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw;
  unsigned size = 0;
  if (EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()), raw.data(), &size) != 1)
    throw_errno(EIO, "compute digest");
  return Digest::from_bytes(algorithm_, {reinterpret_cast<const char*>(raw.data()), size});
}

}  // namespace containerlib::oci
