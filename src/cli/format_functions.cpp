#include "cli/format_functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>

#include "cli/arguments.hpp"

namespace containerlib::cli {
namespace {

using Values = std::vector<json::value>;

[[noreturn]] void refuse(const std::string& reason) {
  throw UsageError("invalid --format: " + reason);
}

const json::value& only(const Values& values, const char* function) {
  if (values.size() != 1) refuse(fmt::format("{} wants one value", function));
  return values[0];
}

char lower_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
char upper_letter(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

json::value to_json(const Values& values) {
  return json::string(json::serialize(only(values, "json")));
}

json::value to_lower(const Values& values) {
  std::string text = go_text(only(values, "lower"));
  std::transform(text.begin(), text.end(), text.begin(), lower_letter);
  return json::string(text);
}

json::value to_upper(const Values& values) {
  std::string text = go_text(only(values, "upper"));
  std::transform(text.begin(), text.end(), text.begin(), upper_letter);
  return json::string(text);
}

json::value to_title(const Values& values) {
  std::string text = go_text(only(values, "title"));
  if (!text.empty()) text[0] = upper_letter(text[0]);
  return json::string(text);
}

json::value length(const Values& values) {
  const json::value& value = only(values, "len");
  if (value.is_string()) return value.get_string().size();
  if (value.is_array()) return value.get_array().size();
  if (value.is_object()) return value.get_object().size();
  return 0;
}

json::value join(const Values& values) {
  if (values.size() != 2 || !values[0].is_array()) refuse("join wants a list and a separator");
  std::string text, separator = go_text(values[1]);
  for (const json::value& item : values[0].get_array())
    text += (text.empty() ? "" : separator) + go_text(item);
  return json::string(text);
}

json::value index(const Values& values) {
  if (values.empty()) refuse("index wants a value");
  json::value value = values[0];
  for (std::size_t i = 1; i < values.size(); ++i) {
    const json::object* object = value.if_object();
    const json::array* array = value.if_array();
    if (object && values[i].is_string()) {
      const json::value* found = object->if_contains(values[i].get_string());
      value = found ? json::value(*found) : json::value("");
    } else if (array && values[i].is_int64()) {
      const auto at = static_cast<std::uint64_t>(values[i].get_int64());
      if (at >= array->size()) refuse("an index is out of range");
      value = json::value((*array)[at]);
    } else {
      refuse("index wants a map and a name, or a list and a number");
    }
  }
  return value;
}

json::value print_line(const Values& values) {
  std::string text;
  for (const json::value& value : values) text += (text.empty() ? "" : " ") + go_text(value);
  return json::string(text + '\n');
}

bool same(const Values& values) {
  if (values.size() != 2) refuse("eq and ne want two values");
  return go_text(values[0]) == go_text(values[1]);
}
json::value equal(const Values& values) { return same(values); }
json::value not_equal(const Values& values) { return !same(values); }
json::value negate(const Values& values) { return !go_truth(only(values, "not")); }

std::string go_list(const json::array& array) {
  std::string text;
  for (const json::value& item : array) text += (text.empty() ? "" : " ") + go_text(item);
  return '[' + text + ']';
}

std::string go_map(const json::object& object) {
  std::map<std::string, std::string> sorted;
  for (const auto& [key, value] : object) sorted[key] = go_text(value);
  std::string text;
  for (const auto& [key, value] : sorted)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", key, value);
  return "map[" + text + ']';
}

}  // namespace

FormatFunction format_function(const std::string& name) {
  static const std::map<std::string, FormatFunction> functions = {
      {"eq", equal},           {"index", index},    {"join", join},     {"json", to_json},
      {"len", length},         {"lower", to_lower}, {"ne", not_equal},  {"not", negate},
      {"println", print_line}, {"title", to_title}, {"upper", to_upper}};
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

std::string go_text(const json::value& value) {
  if (const json::string* text = value.if_string()) return std::string(*text);
  if (const json::array* array = value.if_array()) return go_list(*array);
  if (const json::object* object = value.if_object()) return go_map(*object);
  if (value.is_null()) return "<no value>";
  return json::serialize(value);
}

bool go_truth(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return false;
    case json::kind::bool_: return value.get_bool();
    case json::kind::int64: return value.get_int64() != 0;
    case json::kind::uint64: return value.get_uint64() != 0;
    case json::kind::double_: return value.get_double() != 0;
    case json::kind::string: return !value.get_string().empty();
    case json::kind::array: return !value.get_array().empty();
    case json::kind::object: return !value.get_object().empty();
  }
  return false;
}

}  // namespace containerlib::cli
