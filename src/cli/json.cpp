#include "cli/json.hpp"

#include <boost/json/serialize.hpp>

namespace containerlib::cli {
namespace {

void append(std::string& out, const json::value& value, std::size_t depth);

void new_line(std::string& out, std::size_t depth) { out.append(1, '\n').append(4 * depth, ' '); }

void append_object(std::string& out, const json::object& object, std::size_t depth) {
  const char* before = "{";
  for (const auto& [key, value] : object) {
    out += before;
    new_line(out, depth + 1);
    out += json::serialize(key) + ": ";
    append(out, value, depth + 1);
    before = ",";
  }
  new_line(out, depth);
  out += '}';
}

void append_array(std::string& out, const json::array& array, std::size_t depth) {
  const char* before = "[";
  for (const json::value& value : array) {
    out += before;
    new_line(out, depth + 1);
    append(out, value, depth + 1);
    before = ",";
  }
  new_line(out, depth);
  out += ']';
}

void append(std::string& out, const json::value& value, std::size_t depth) {
  if (value.is_object() && !value.get_object().empty())
    append_object(out, value.get_object(), depth);
  else if (value.is_array() && !value.get_array().empty())
    append_array(out, value.get_array(), depth);
  else
    out += json::serialize(value);
}

}  // namespace

std::string pretty(const json::value& value) {
  std::string out;
  append(out, value, 0);
  out += '\n';
  return out;
}

json::array json_strings(const std::vector<std::string>& strings) {
  return json::array(strings.begin(), strings.end());
}

}  // namespace containerlib::cli
