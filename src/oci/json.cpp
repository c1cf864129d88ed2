#include "oci/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <set>

#include "base/error.hpp"

namespace containerlib::oci::json {
namespace bj = boost::json;
namespace {

constexpr std::size_t max_depth = 32;

/// Sees every key of a document once; the tree parser keeps the last of two equal ones silently.
struct DuplicateKeys {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  std::vector<std::set<std::string, std::less<>>> open;
  std::string key, duplicate;

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, bj::error_code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t, bj::error_code&) { return true; }
  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(bj::string_view part, std::size_t, bj::error_code& error) {
    key.append(part.data(), part.size());
    if (!open.back().insert(key).second) {
      duplicate = key;
      error = bj::error::extra_data;
      return false;
    }
    key.clear();
    return true;
  }
  bool on_string_part(bj::string_view, std::size_t, bj::error_code&) { return true; }
  bool on_string(bj::string_view, std::size_t, bj::error_code&) { return true; }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t, bj::string_view, bj::error_code&) { return true; }
  bool on_uint64(std::uint64_t, bj::string_view, bj::error_code&) { return true; }
  bool on_double(double, bj::string_view, bj::error_code&) { return true; }
  bool on_bool(bool, bj::error_code&) { return true; }
  bool on_null(bj::error_code&) { return true; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

[[noreturn]] void wrong_type(std::string_view what, std::string_view key, std::string_view wanted) {
  corrupt(what, '"' + std::string(key) + "\" is not " + std::string(wanted));
}

std::string string_of(const bj::value& value, std::string_view key, std::string_view what) {
  const bj::string* text = value.if_string();
  if (!text) wrong_type(what, key, "a string");
  if (text->find('\0') != bj::string::npos) wrong_type(what, key, "a string without NUL");
  return {text->data(), text->size()};
}

}  // namespace

void corrupt(std::string_view what, std::string hint) {
  throw_error(Errc::image_corrupt, "read", std::string(what), std::move(hint));
}

std::string try_parse(std::string_view text, bj::value& out, std::size_t limit) {
  if (text.size() > limit) return "a document of more than " + std::to_string(limit) + " bytes";
  bj::parse_options options;
  options.max_depth = max_depth;
  bj::error_code error;
  bj::basic_parser<DuplicateKeys> keys(options);
  std::size_t used = keys.write_some(false, text.data(), text.size(), error);
  if (!keys.handler().duplicate.empty())
    return "the key \"" + keys.handler().duplicate + "\" comes twice";
  if (error) return "no valid JSON at byte " + std::to_string(used) + ": " + error.message();
  out = bj::parse({text.data(), text.size()}, error, {}, options);
  return error ? "no valid JSON: " + error.message() : std::string();
}

bj::value parse(std::string_view text, std::string_view what, std::size_t limit) {
  bj::value value;
  if (std::string wrong = try_parse(text, value, limit); !wrong.empty())
    corrupt(what, std::move(wrong));
  return value;
}

bj::object parse_object(std::string_view text, std::string_view what, std::size_t limit) {
  bj::value value = parse(text, what, limit);
  if (!value.is_object()) corrupt(what, "not a JSON object");
  return std::move(value.get_object());
}

const bj::value* member(const bj::object& object, std::string_view key) {
  const bj::value* value = object.if_contains({key.data(), key.size()});
  return value && !value->is_null() ? value : nullptr;
}

std::string text(const bj::object& object, std::string_view key, std::string_view what) {
  const bj::value* value = member(object, key);
  return value ? string_of(*value, key, what) : std::string();
}

std::vector<std::string> texts(const bj::object& object, std::string_view key,
                               std::string_view what) {
  std::vector<std::string> out;
  if (const bj::array* values = array(object, key, what))
    for (const bj::value& value : *values) out.push_back(string_of(value, key, what));
  return out;
}

std::map<std::string, std::string> text_map(const bj::object& parent, std::string_view key,
                                            std::string_view what) {
  std::map<std::string, std::string> out;
  if (const bj::object* values = object(parent, key, what))
    for (const auto& [name, value] : *values)
      out.emplace(std::string(name), value.is_null() ? "" : string_of(value, key, what));
  return out;
}

std::vector<std::string> keys(const bj::object& parent, std::string_view key,
                              std::string_view what) {
  std::vector<std::string> out;
  if (const bj::object* values = object(parent, key, what))
    for (const auto& [name, value] : *values) out.emplace_back(name);
  return out;
}

const bj::object* object(const bj::object& parent, std::string_view key, std::string_view what) {
  const bj::value* value = member(parent, key);
  if (!value) return nullptr;
  if (!value->is_object()) wrong_type(what, key, "an object");
  return &value->get_object();
}

const bj::array* array(const bj::object& parent, std::string_view key, std::string_view what) {
  const bj::value* value = member(parent, key);
  if (!value) return nullptr;
  if (!value->is_array()) wrong_type(what, key, "an array");
  return &value->get_array();
}

std::uint64_t number(const bj::object& parent, std::string_view key, std::string_view what) {
  const bj::value* value = member(parent, key);
  if (value && value->is_uint64()) return value->get_uint64();
  if (!value || !value->is_int64() || value->get_int64() < 0)
    wrong_type(what, key, "a number from 0 up");
  return static_cast<std::uint64_t>(value->get_int64());
}

}  // namespace containerlib::oci::json
