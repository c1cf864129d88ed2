#include <containerlib/error.hpp>

#include <cstdio>
#include <string>

#include "full_spec.hpp"
#include "oci/features.hpp"
#include "oci/runtime_spec_json.hpp"
#include "oci/runtime_state.hpp"

// For schema_test.py. "spec-json write": a document of each kind with every field, one a line.
// "spec-json read": for each config.json on standard input, one a line, what is written of it
// again, or "refused FIELD".
namespace oci = containerlib::oci;

namespace {

void write_all() {
  const oci::RuntimeState state{.oci_version = "1.3.0",
                                .id = "box",
                                .status = "running",
                                .pid = 4422,
                                .bundle = "/containers/box",
                                .annotations = {{"key", "value"}}};
  oci::RuntimeState stopped = state;
  stopped.status = "stopped";
  std::puts(oci::to_json(oci::full_spec()).c_str());
  std::puts(oci::to_json(state).c_str());
  std::puts(oci::to_json(stopped).c_str());
  std::puts(oci::to_json(oci::features_of_this_library()).c_str());
}

std::string answer(const std::string& document) {
  try {
    return oci::to_json(oci::parse_runtime_spec(document, "config.json"));
  } catch (const containerlib::Error& error) {
    return "refused " + error.subject();
  }
}

void read_all() {
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c != '\n') {
      line += static_cast<char>(c);
    } else {
      std::puts(answer(line).c_str());
      line.clear();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string("write")) {
    write_all();
  } else if (argc == 2 && argv[1] == std::string("read")) {
    read_all();
  } else {
    return 2;
  }
}
