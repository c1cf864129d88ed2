#pragma once
#include <string>
#include <vector>

#include "cli/json.hpp"

// Go's view of values, for Template.
namespace containerlib::cli {

using FormatFunction = json::value (*)(const std::vector<json::value>&);
/// Null when there is none of that name. The function throws UsageError for wrong arguments.
FormatFunction format_function(const std::string& name);

/// As Go's fmt prints it: [a b], map[a:1 b:2].
std::string go_text(const json::value&);
/// False for null, false, 0 and what is empty.
bool go_truth(const json::value&);

}  // namespace containerlib::cli
