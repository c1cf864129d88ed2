#include "oci/reference.hpp"

#include "fuzz/fuzz.hpp"

using containerlib::oci::Digest;
using containerlib::oci::Reference;

void fuzz::one(std::string_view input) {
  if (const auto digest = Digest::parse(input)) {
    require(digest->text() == input, "a digest is its text");
    require(digest->hex().find_first_not_of("0123456789abcdef") == std::string::npos,
            "a digest may be part of a path");
    require(digest->hex().size() == 64 || digest->hex().size() == 128, "a digest has its length");
  }
  accepted([&] { (void)Digest::require(input, "a test"); });
  accepted([&] { (void)Reference::require(input); });
  const auto reference = Reference::parse(input);
  if (!reference) return;
  for (const std::string& text : {reference->text(), reference->familiar()}) {
    const auto again = Reference::parse(text);
    require(again && again->text() == reference->text(), "a reference's text is the reference");
  }
}
