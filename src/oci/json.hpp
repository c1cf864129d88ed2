#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// Reading JSON that somebody else wrote. `what` names the document in messages; everything wrong
// with it is image_corrupt.
namespace containerlib::oci::json {

inline constexpr std::size_t max_manifest_size = 4 << 20;  // distribution-spec asks for this much
inline constexpr std::size_t max_config_size = 8 << 20;    // SEC-77

/// Parses strictly: one document of at most `limit` bytes, 32 levels deep, no byte order mark, no
/// key twice in an object (parsers differ in which one counts, SEC-70).
boost::json::value parse(std::string_view text, std::string_view what,
                         std::size_t limit = max_manifest_size);
/// The same, of a document that is an object.
boost::json::object parse_object(std::string_view text, std::string_view what,
                                 std::size_t limit = max_manifest_size);

/// As parse(), into `out`; says what is wrong instead of throwing, empty when nothing is.
std::string try_parse(std::string_view text, boost::json::value& out, std::size_t limit);

[[noreturn]] void corrupt(std::string_view what, std::string hint);

// Members of an object. Absent and null are the same: the empty value.
const boost::json::value* member(const boost::json::object&, std::string_view key);
std::string text(const boost::json::object&, std::string_view key, std::string_view what);
std::vector<std::string> texts(const boost::json::object&, std::string_view key,
                               std::string_view what);
std::map<std::string, std::string> text_map(const boost::json::object&, std::string_view key,
                                            std::string_view what);
/// The keys of an object, whose values mean nothing ("Volumes").
std::vector<std::string> keys(const boost::json::object&, std::string_view key,
                              std::string_view what);
const boost::json::object* object(const boost::json::object&, std::string_view key,
                                  std::string_view what);
const boost::json::array* array(const boost::json::object&, std::string_view key,
                                std::string_view what);
/// An integer from 0 up; throws when it is absent.
std::uint64_t number(const boost::json::object&, std::string_view key, std::string_view what);

}  // namespace containerlib::oci::json
