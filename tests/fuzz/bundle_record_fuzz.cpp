// state.json of a container of the OCI command.
#include "bundle/record.hpp"

#include "fuzz/fuzz.hpp"
#include "fuzz/scratch.hpp"

using namespace containerlib::bundle;

void fuzz::one(std::string_view input) {
  static const ContainerDir dir = ContainerDir::create(scratch(), "id");
  static ScratchFile file(dir.path_of("state.json"));
  file.hold(input);
  std::optional<Record> record;
  if (!accepted([&] { record = load(dir); }) || !record) return;
}
