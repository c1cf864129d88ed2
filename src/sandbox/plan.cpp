#include "sandbox/plan.hpp"

#include "base/broken.hpp"

namespace containerlib::sandbox {

Text LaunchPlan::text(std::string_view value) {
  if (broken("SEC-23")) value = value.substr(0, value.size() & 0xffff);
  Text t{static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(value.size())};
  text_.append(value);
  text_ += '\0';
  // Arrays (group ids, BPF) are read in place, so every text starts at a multiple of 8.
  text_.resize((text_.size() + 7) & ~std::size_t{7});
  return t;
}

Text LaunchPlan::list(const std::vector<std::string>& items) {
  std::string joined;
  for (const std::string& item : items) (joined += item) += '\0';
  if (!joined.empty()) joined.pop_back();
  return text(joined);
}

const Step* LaunchPlan::find(std::size_t index) const {
  for (const auto* steps : {&before, &after, &inside}) {
    if (index < steps->size()) return &(*steps)[index];
    index -= steps->size();
  }
  return nullptr;
}

std::string LaunchPlan::bytes() const {
  PlanHeader head = header;
  head.before = static_cast<std::uint32_t>(before.size());
  head.after = static_cast<std::uint32_t>(after.size());
  head.inside = static_cast<std::uint32_t>(inside.size());
  head.text_size = static_cast<std::uint32_t>(text_.size());
  std::string out(reinterpret_cast<const char*>(&head), sizeof head);
  for (const auto* steps : {&before, &after, &inside})
    out.append(reinterpret_cast<const char*>(steps->data()), steps->size() * sizeof(Step));
  return out += text_;
}

}  // namespace containerlib::sandbox
