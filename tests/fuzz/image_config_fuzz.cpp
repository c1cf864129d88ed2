#include "oci/image_config.hpp"

#include "fuzz/fuzz.hpp"

using namespace containerlib::oci;

void fuzz::one(std::string_view input) {
  ConfigDocument document;
  if (!accepted([&] { document = parse_image_config(input, "a test"); })) return;
  (void)document.platform().text();
  const std::string text = to_json(document);
  require(accepted([&] { document = parse_image_config(text, "what was written"); }),
          "what is written can be read");
  require(to_json(document) == text, "a document read again is the same");
}
