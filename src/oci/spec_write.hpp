#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Writing the runtime-spec's documents. A type is written by json_of(const Type&).
namespace containerlib::oci {

inline boost::json::value json_of(const std::string& text) { return boost::json::value(text); }
template <std::integral T>
boost::json::value json_of(T number) {
  return number;
}

// put() leaves out what is empty, unset or false: the absent field means the same.
inline void put(boost::json::object& out, const char* key, const std::string& text) {
  if (!text.empty()) out[key] = text;
}
inline void put(boost::json::object& out, const char* key, bool value) {
  if (value) out[key] = true;
}
inline void put(boost::json::object& out, const char* key, boost::json::object members) {
  if (!members.empty()) out[key] = std::move(members);
}
template <class T>
void put(boost::json::object& out, const char* key, const std::optional<T>& value) {
  if (value) out[key] = json_of(*value);
}
template <class T>
void put(boost::json::object& out, const char* key, const std::vector<T>& values) {
  if (values.empty()) return;
  boost::json::array elements;
  for (const T& value : values) elements.emplace_back(json_of(value));
  out[key] = std::move(elements);
}
inline void put(boost::json::object& out, const char* key,
                const std::map<std::string, std::string>& values) {
  boost::json::object members;
  for (const auto& [name, value] : values) members[name] = value;
  put(out, key, std::move(members));
}

}  // namespace containerlib::oci
