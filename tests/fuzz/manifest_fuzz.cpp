// "mediaType\n--\ndocument".
#include "oci/manifest.hpp"

#include "fuzz/fuzz.hpp"
#include "oci/media_type.hpp"

using namespace containerlib::oci;

void fuzz::one(std::string_view input) {
  std::string_view type = take_part(input);
  if (type.ends_with('\n')) type.remove_suffix(1);
  if (!is_manifest(type) && !is_index(type) && !type.empty()) return;
  std::optional<Manifest> manifest;
  std::optional<ImageIndex> index;
  accepted([&] { manifest = parse_manifest(input, type, "a test"); });
  accepted([&] { index = parse_index(input, type, "a test"); });
  require(!manifest || !index, "no document is both (SEC-70)");
  if (manifest) {
    const std::string text = to_json(*manifest);
    require(to_json(parse_manifest(text, manifest->media_type, "again")) == text,
            "a manifest read again is the same");
  }
  if (index) {
    const std::string text = to_json(*index);
    require(to_json(parse_index(text, index->media_type, "again")) == text,
            "an index read again is the same");
  }
}
