#include "cli/format_functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <functional>
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

std::size_t position(const json::value& value, std::size_t size) {
  const std::int64_t* number = value.if_int64();
  if (!number || *number < 0 || static_cast<std::size_t>(*number) > size)
    refuse("a position of slice is out of range");
  return static_cast<std::size_t>(*number);
}

// slice VALUE [FROM [TO]]
json::value slice(const Values& values) {
  if (values.empty() || values.size() > 3) refuse("slice wants a value and two positions");
  const json::value& value = values[0];
  const json::array* array = value.if_array();
  if (!array && !value.is_string()) refuse("slice wants a list or a text");
  const std::size_t size = array ? array->size() : value.get_string().size();
  const std::size_t from = values.size() > 1 ? position(values[1], size) : 0;
  const std::size_t to = values.size() > 2 ? position(values[2], size) : size;
  if (from > to) refuse("a position of slice is out of range");
  if (array) return json::array(array->begin() + from, array->begin() + to);
  return json::string(value.get_string().subview(from, to - from));
}

json::value split(const Values& values) {
  if (values.size() != 2) refuse("split wants a text and a separator");
  const std::string text = go_text(values[0]), separator = go_text(values[1]);
  json::array parts;
  std::size_t start = 0;
  while (!separator.empty() && text.find(separator, start) != std::string::npos) {
    const std::size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    start = end + separator.size();
  }
  parts.emplace_back(text.substr(start));
  return parts;
}

json::value truncate(const Values& values) {
  if (values.size() != 2) refuse("truncate wants a text and a length");
  const std::string text = go_text(values[0]);
  const std::int64_t* length = values[1].if_int64();
  if (!length || *length < 0) refuse("truncate wants a text and a length");
  return json::string(text.substr(0, static_cast<std::size_t>(*length)));
}

double number_of(const json::value& value) {
  boost::system::error_code error;
  const auto number = value.to_number<double>(error);
  if (error) refuse(fmt::format("{} is no number", go_text(value)));
  return number;
}

std::int64_t integer_of(const json::value& value) {
  boost::system::error_code error;
  const auto number = value.to_number<std::int64_t>(error);
  if (error) refuse(fmt::format("{} is no whole number", go_text(value)));
  return number;
}

std::string go_quoted(const json::value& value) {
  return json::serialize(json::string(go_text(value)));
}

// What one verb of printf makes of a value; `flags` are what is between % and the verb.
std::string formatted(const std::string& flags, char verb, const json::value& value) {
  const auto print = [&](const std::string& conversion, auto argument) {
    char text[512];
    const int size = std::snprintf(text, sizeof text, ('%' + flags + conversion).c_str(), argument);
    return std::string(text,
                       std::min<std::size_t>(static_cast<std::size_t>(size), sizeof text - 1));
  };
  switch (verb) {
    case 'd': return print("lld", static_cast<long long>(integer_of(value)));
    case 'x': return print("llx", static_cast<unsigned long long>(integer_of(value)));
    case 'f': return print("f", number_of(value));
    case 'q': return flags.empty() ? go_quoted(value) : print("s", go_quoted(value).c_str());
    case 's':
    case 't':
    case 'v': return flags.empty() ? go_text(value) : print("s", go_text(value).c_str());
    default: refuse(fmt::format("printf does not know %{}", verb));
  }
}

json::value print_formatted(const Values& values) {
  if (values.empty()) refuse("printf wants a format");
  const std::string format = go_text(values[0]);
  std::string text;
  std::size_t next = 1;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      text += format[i];
      continue;
    }
    const std::size_t verb = format.find_first_not_of("-+ 0123456789.", i + 1);
    // What a number can make of a width stays far below the buffer.
    if (verb == std::string::npos || verb - i > 8) refuse("a verb of printf is not complete");
    if (format[verb] == '%')
      text += '%';
    else if (next < values.size())
      text += formatted(format.substr(i + 1, verb - i - 1), format[verb], values[next++]);
    else
      refuse("printf has too few values");
    i = verb;
  }
  return json::string(text);
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
template <class Compare>
json::value compared(const Values& values) {
  if (values.size() != 2) refuse("a comparison wants two values");
  if (values[0].is_string() && values[1].is_string())
    return Compare()(go_text(values[0]), go_text(values[1]));
  return Compare()(number_of(values[0]), number_of(values[1]));
}

// The first that decides, or the last.
json::value any_of(const Values& values) {
  if (values.empty()) refuse("or wants a value");
  for (const json::value& value : values)
    if (go_truth(value)) return value;
  return values.back();
}
json::value all_of(const Values& values) {
  if (values.empty()) refuse("and wants a value");
  for (const json::value& value : values)
    if (!go_truth(value)) return value;
  return values.back();
}

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
      {"and", all_of},
      {"eq", equal},
      {"ge", compared<std::greater_equal<>>},
      {"gt", compared<std::greater<>>},
      {"index", index},
      {"join", join},
      {"json", to_json},
      {"le", compared<std::less_equal<>>},
      {"len", length},
      {"lower", to_lower},
      {"lt", compared<std::less<>>},
      {"ne", not_equal},
      {"not", negate},
      {"or", any_of},
      {"printf", print_formatted},
      {"println", print_line},
      {"slice", slice},
      {"split", split},
      {"title", to_title},
      {"truncate", truncate},
      {"upper", to_upper}};
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
