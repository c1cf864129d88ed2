#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/step.hpp"

namespace containerlib::sandbox {

/// All that is done to start one process: steps and their texts. A value.
class LaunchPlan {
 public:
  PlanHeader header;
  std::vector<Step> before, after, inside;
  std::vector<std::string> warnings;  ///< what is not as asked for but no error

  Text text(std::string_view);
  Text list(const std::vector<std::string>&);
  std::string_view view(Text t) const { return std::string_view(text_).substr(t.offset, t.size); }

  /// Step `index`, counted over before, after, inside; nullptr past the end.
  const Step* find(std::size_t index) const;

  /// The plan as the monitor reads it: header, steps, texts.
  std::string bytes() const;

 private:
  std::string text_;
};

/// Every step in words, one a line, as `containerlib run --plan` prints them.
std::string print(const LaunchPlan&);

/// What LaunchPlan::find(index) does: the operation and the subject of
/// the Error when it fails.
struct StepName {
  std::string operation, subject;
};
StepName name_of(const LaunchPlan&, std::uint32_t index);

}  // namespace containerlib::sandbox
