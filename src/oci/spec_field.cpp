#include "oci/spec_field.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error.hpp"
#include "oci/json.hpp"

namespace containerlib::oci {
namespace bj = boost::json;
namespace {

std::string list(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// "7" or "0-3" at the start of `rest`, which is moved past it; spaces around do no harm.
bool take_range(std::string_view& rest) {
  const auto spaces = [&] {
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  };
  const auto number = [&] {
    std::uint32_t value = 0;
    spaces();
    const std::size_t before = rest.size();
    for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1))
      value =
          std::min<std::uint32_t>(value * 10 + static_cast<unsigned>(rest.front() - '0'), 1 << 20);
    const bool found = rest.size() < before;
    spaces();
    return found ? std::optional(value) : std::nullopt;
  };
  const std::optional<std::uint32_t> first = number();
  if (!first || rest.empty() || rest.front() != '-') return first.has_value();
  rest.remove_prefix(1);
  const std::optional<std::uint32_t> last = number();
  return last && *first <= *last;
}

bool is_number_list(std::string_view text) {
  for (std::string_view rest = text; take_range(rest); rest.remove_prefix(1)) {
    if (rest.empty()) return true;
    if (rest.front() != ',') return false;
  }
  return false;
}

}  // namespace

bj::value parse_spec_document(std::string_view text, std::string_view what) {
  bj::value value;
  std::string wrong = json::try_parse(text, value, json::max_config_size);
  if (wrong.empty() && !value.is_object()) wrong = "not a JSON object";
  if (!wrong.empty())
    throw_error(Errc::invalid_option, "read", std::string(what), std::move(wrong));
  return value;
}

Field::Field(const Field& in, std::size_t index)
    : document_(in.document_), in_(&in), index_(index), value_(&in.value_->get_array()[index]) {}

const bj::object* Field::object() const {
  if (!*this) return nullptr;
  if (!value_->is_object()) refuse("an object");
  return &value_->get_object();
}

std::size_t Field::size() const {
  if (!*this) return 0;
  if (!value_->is_array()) refuse("an array");
  return value_->get_array().size();
}

Field Field::operator[](std::string_view key) const& {
  const bj::object* members = object();
  return {*this, key, members ? members->if_contains({key.data(), key.size()}) : nullptr};
}

Field Field::required(std::string_view key) const& {
  Field member = (*this)[key];
  if (!member) member.refuse("a value: this field is required");
  return member;
}

std::string Field::path() const {
  std::string out = in_ ? in_->path() : std::string();
  if (in_ && name_.empty()) return out + '[' + std::to_string(index_) + ']';
  if (!out.empty()) out += '.';
  return out += name_;
}

void Field::refuse(const std::string& expected) const {
  std::string hint = "expected " + expected;
  if (value_ && value_->is_string()) {
    const bj::string& text = value_->get_string();
    hint += ", not \"" + printable({text.data(), text.size()}, 64) + '"';
  } else if (value_ && value_->is_int64()) {
    hint += ", not " + std::to_string(value_->get_int64());
  } else if (value_ && value_->is_uint64()) {
    hint += ", not " + std::to_string(value_->get_uint64());
  }
  throw_error(Errc::invalid_option, "read " + std::string(document_->what), path(),
              std::move(hint));
}

void Field::warn(const std::string& text) const {
  if (document_->warnings) document_->warnings->push_back(path() + ": " + text);
}

std::string Field::text() const {
  const bj::string* found = value_ ? value_->if_string() : nullptr;
  if (!found) refuse("a string");
  if (found->find('\0') != bj::string::npos) refuse("a string without NUL");
  return {found->data(), found->size()};
}

bool Field::boolean() const {
  if (!value_ || !value_->is_bool()) refuse("true or false");
  return value_->get_bool();
}

std::int64_t Field::integer(std::int64_t min, std::int64_t max) const {
  const std::int64_t* found = value_ ? value_->if_int64() : nullptr;
  if (!found || *found < min || *found > max)
    refuse("an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return *found;
}

std::uint64_t Field::natural(std::uint64_t max) const {
  std::optional<std::uint64_t> found;
  if (value_ && value_->is_uint64()) found = value_->get_uint64();
  if (value_ && value_->is_int64() && value_->get_int64() >= 0)
    found = static_cast<std::uint64_t>(value_->get_int64());
  if (!found || *found > max) refuse("an integer from 0 to " + std::to_string(max));
  return *found;
}

void read(const Field& field, std::map<std::string, std::string>& out) {
  field.members([&](std::string_view key, const Field& member) {
    if (key.empty() || key.find('\0') != key.npos) field.refuse("keys that are not empty");
    out.emplace(key, member.text());
  });
}

void read_name(const Field& field, std::span<const std::string_view> names, std::string& out) {
  if (!field) return;
  std::string name = field.text();
  if (!name.empty() && !contains(names, name)) field.refuse("one of " + list(names));
  out = std::move(name);
}

std::string required_name(const Field& field, std::span<const std::string_view> names) {
  std::string name;
  read_name(field, names, name);
  if (name.empty()) field.refuse("one of " + list(names));
  return name;
}

void read_names(const Field& field, std::span<const std::string_view> names,
                std::vector<std::string>& out) {
  field.elements([&](const Field& name) { out.push_back(required_name(name, names)); });
}

std::string absolute_path(const Field& field) {
  std::string path = field.text();
  if (!path.starts_with('/')) field.refuse("an absolute path");
  return path;
}

void read_number_list(const Field& field, std::string& out) {
  read(field, out);
  if (!out.empty() && !is_number_list(out)) field.refuse("a list of numbers and ranges like 0-3,7");
}

}  // namespace containerlib::oci
