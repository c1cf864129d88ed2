#include <iterator>

#include "sandbox/execute/execute.hpp"
#include "sandbox/step_parts.hpp"

namespace containerlib::sandbox {
namespace {

/// Whether what is referred to is there.
struct Check {
  const PlanView& plan;
  bool good = true;

  void operator()(const Text& t) {
    const std::uint32_t end = plan.header->text_size;
    good = good && t.offset % 8 == 0 && t.offset < end && t.size < end - t.offset &&
           (t.size == 0 || plan.text[t.offset + t.size] == '\0');
  }
  void operator()(const Slot& slot) { good = good && slot < slot_count; }
  void operator()(const Place& place) {
    (*this)(place.path);
    (*this)(place.base);
    good = good && place.below <= place.path.size;
  }
  void operator()(const bool& flag) {
    good = good && *reinterpret_cast<const unsigned char*>(&flag) <= 1;
  }
};

bool valid_header(const PlanHeader& header, Check& check) {
  if (header.joins > std::size(header.join)) return false;
  for (const Join& join : header.join) check(join.slot);
  check(header.cgroup);
  return check.good;
}

}  // namespace

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
  Check check{view};
  if (!valid_header(*header, check)) return false;
  for (std::uint64_t i = 0; i < steps && check.good; ++i) for_each_part(view.steps[i], check);
  return check.good;
}

}  // namespace containerlib::sandbox
