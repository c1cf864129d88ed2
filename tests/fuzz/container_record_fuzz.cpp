// What the store's index keeps of a container.
#include "runtime/definition_json.hpp"

#include "fuzz/fuzz.hpp"

using namespace containerlib::runtime;

void fuzz::one(std::string_view input) {
  StoredContainer stored;
  if (!accepted([&] { stored = from_json(input, "a test"); })) return;
  const std::string text = to_json(stored);
  require(accepted([&] { stored = from_json(text, "what was written"); }),
          "what is written can be read");
  require(to_json(stored) == text, "a record read again is the same");
}
