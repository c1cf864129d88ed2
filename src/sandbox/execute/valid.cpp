#include "sandbox/execute/execute.hpp"

namespace containerlib::sandbox {

bool valid(const char* bytes, std::size_t size, PlanView& view) {
  if (size < sizeof(PlanHeader)) return false;
  auto* header = reinterpret_cast<const PlanHeader*>(bytes);
  const std::uint64_t steps =
      std::uint64_t{header->before} + header->after + std::uint64_t{header->inside};
  if (steps > 100000) return false;
  const std::uint64_t text = sizeof(PlanHeader) + steps * sizeof(Step);
  if (text + header->text_size != size || header->text_size == 0) return false;
  if (bytes[size - 1] != '\0') return false;  // every text ends within the plan
  view = {header, reinterpret_cast<const Step*>(bytes + sizeof(PlanHeader)), bytes + text};
  return true;
}

}  // namespace containerlib::sandbox
