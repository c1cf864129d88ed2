#include "runtime/state_file.hpp"

#include "fuzz/fuzz.hpp"

using namespace containerlib::runtime;

void fuzz::one(std::string_view input) {
  const std::string text = print_state(parse_state(input));
  require(print_state(parse_state(text)) == text, "a state read again is the same");
}
