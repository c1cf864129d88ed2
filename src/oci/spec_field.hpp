#pragma once
#include <boost/json/value.hpp>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Reading the runtime-spec's documents: every error is invalid_option and names its field as the
// specification does ("mounts[2].destination").
namespace containerlib::oci {

/// A document that is an object, within limits of size and depth.
boost::json::value parse_spec_document(std::string_view text, std::string_view what);

/// What a whole document shares: its name for messages, and where warnings go.
struct SpecDocument {
  std::string_view what;
  std::vector<std::string>* warnings = nullptr;
};

/// A place in a document and what is there, if anything; absent and null are the same. It refers to
/// the place it is in, which must stay alive.
class Field {
 public:
  /// The root; `name` is what its members begin with ("process"), or empty.
  Field(const SpecDocument& document, std::string_view name, const boost::json::value& value)
      : document_(&document), name_(name), value_(&value) {}

  /// A member of an object; throws when this is there and is no object.
  Field operator[](std::string_view key) const&;
  Field operator[](std::string_view key) && = delete;
  /// The same of a member that must be there.
  Field required(std::string_view key) const&;
  Field required(std::string_view key) && = delete;

  explicit operator bool() const { return value_ && !value_->is_null(); }
  std::string path() const;
  [[noreturn]] void refuse(const std::string& expected) const;
  void warn(const std::string& text) const;
  const SpecDocument& document() const { return *document_; }

  // What is there, when it is of this kind; throws otherwise.
  std::string text() const;
  bool boolean() const;
  std::int64_t integer(std::int64_t min, std::int64_t max) const;
  std::uint64_t natural(std::uint64_t max) const;
  /// Calls `each(Field)` for the elements of an array; nothing when absent.
  template <class Each>
  void elements(Each each) const {
    for (std::size_t n = 0; n < size(); ++n) each(Field(*this, n));
  }
  /// Calls `each(key, Field)` for the members of an object; nothing when absent.
  template <class Each>
  void members(Each each) const {
    if (const boost::json::object* all = object())
      for (const auto& member : *all) {
        const std::string_view key(member.key().data(), member.key().size());
        each(key, Field(*this, key, &member.value()));
      }
  }

 private:
  Field(const Field& in, std::string_view key, const boost::json::value* value)
      : document_(in.document_), in_(&in), name_(key), value_(value) {}
  Field(const Field& in, std::size_t index);
  const boost::json::object* object() const;
  std::size_t size() const;

  const SpecDocument* document_;
  const Field* in_ = nullptr;
  std::string_view name_;  ///< empty: an element, the index counts
  std::size_t index_ = 0;
  const boost::json::value* value_;
};

// read() leaves `out` as it is when the field is absent.
inline void read(const Field& field, std::string& out) {
  if (field) out = field.text();
}
inline void read(const Field& field, bool& out) {
  if (field) out = field.boolean();
}
template <std::integral T>
void read(const Field& field, T& out) {
  using Limits = std::numeric_limits<T>;
  if (!field) return;
  if constexpr (std::signed_integral<T>) {
    out = static_cast<T>(field.integer(Limits::min(), Limits::max()));
  } else {
    out = static_cast<T>(field.natural(Limits::max()));
  }
}
template <class T>
void read(const Field& field, std::optional<T>& out) {
  if (field) read(field, out.emplace());
}
template <class T>
void read(const Field& field, std::vector<T>& out) {
  field.elements([&](const Field& element) {
    if (!element) element.refuse("a value, not null");
    read(element, out.emplace_back());
  });
}
/// The keys of such a map must not be empty.
void read(const Field& field, std::map<std::string, std::string>& out);

/// One of these names; an empty one is an absent one, as those who write Go's zero values mean it.
void read_name(const Field& field, std::span<const std::string_view> names, std::string& out);
std::string required_name(const Field& field, std::span<const std::string_view> names);
void read_names(const Field& field, std::span<const std::string_view> names,
                std::vector<std::string>& out);
/// An absolute path.
std::string absolute_path(const Field& field);
/// Numbers of CPUs or memory nodes: "0-3,7"; also empty.
void read_number_list(const Field& field, std::string& out);
template <class T>
void read_range(const Field& field, std::int64_t min, std::int64_t max, T& out) {
  if (field) out = static_cast<T>(field.integer(min, max));
}
template <class T>
void read_range(const Field& field, std::int64_t min, std::int64_t max, std::optional<T>& out) {
  if (field) out = static_cast<T>(field.integer(min, max));
}

}  // namespace containerlib::oci
