#pragma once
#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace containerlib::cli {

namespace json = boost::json;

/// Indented by four blanks, a newline at the end.
std::string pretty(const json::value&);
json::array json_strings(const std::vector<std::string>&);

}  // namespace containerlib::cli
