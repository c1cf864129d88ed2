#include "oci/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <set>

#include "base/error.hpp"

namespace containerlib::oci::json {
namespace bj = boost::json;
namespace {

constexpr std::size_t max_depth = 32;

/// Builds the tree of a document as Boost.JSON's own parser does, which keeps the last of two equal
/// keys silently; here they are an error.
class Tree {
 public:
  static constexpr std::size_t max_object_size = bj::object::max_size();
  static constexpr std::size_t max_array_size = bj::array::max_size();
  static constexpr std::size_t max_key_size = bj::string::max_size();
  static constexpr std::size_t max_string_size = bj::string::max_size();

  Tree() { values_.reset(); }
  const std::string& duplicate() const { return duplicate_; }
  bj::value release() { return values_.release(); }

  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t size, bj::error_code&) {
    keys_.pop_back();
    return values_.push_object(size), true;
  }
  bool on_array_begin(bj::error_code&) { return true; }
  bool on_array_end(std::size_t size, bj::error_code&) { return values_.push_array(size), true; }
  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
    key_.append(part.data(), part.size());
    return values_.push_chars(part), true;
  }
  bool on_key(bj::string_view part, std::size_t, bj::error_code& error) {
    key_.append(part.data(), part.size());
    values_.push_key(part);
    if (!keys_.back().insert(key_).second) {
      duplicate_ = key_;
      error = bj::error::extra_data;
      return false;
    }
    key_.clear();
    return true;
  }
  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) {
    return values_.push_chars(part), true;
  }
  bool on_string(bj::string_view part, std::size_t, bj::error_code&) {
    return values_.push_string(part), true;
  }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t number, bj::string_view, bj::error_code&) {
    return values_.push_int64(number), true;
  }
  bool on_uint64(std::uint64_t number, bj::string_view, bj::error_code&) {
    return values_.push_uint64(number), true;
  }
  bool on_double(double number, bj::string_view, bj::error_code&) {
    return values_.push_double(number), true;
  }
  bool on_bool(bool is, bj::error_code&) { return values_.push_bool(is), true; }
  bool on_null(bj::error_code&) { return values_.push_null(), true; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  bj::value_stack values_;
  std::vector<std::set<std::string, std::less<>>> keys_;  ///< of the objects that are open
  std::string key_, duplicate_;
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
  bj::basic_parser<Tree> parser(options);
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!parser.handler().duplicate().empty())
    return "the key \"" + parser.handler().duplicate() + "\" comes twice";
  if (!error && used < text.size()) error = bj::error::extra_data;
  if (error) return "no valid JSON at byte " + std::to_string(used) + ": " + error.message();
  out = parser.handler().release();
  return {};
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
