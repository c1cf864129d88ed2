#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "linux/host_facts.hpp"
#include "oci/resources.hpp"

// Properties of systemd's units for containers. Pure.
namespace containerlib::bundle {

struct Property {
  /// As D-Bus types: b, s, u64 t, i64 x, u32 u, i32 i, d, as, ay.
  using Value =
      std::variant<bool, std::string, std::uint64_t, std::int64_t, std::uint32_t, std::int32_t,
                   double, std::vector<std::string>, std::vector<std::uint8_t>>;
  std::string name;
  Value value;
};

/// What systemd has to know of the limits, or it would undo them when it is reloaded; for the
/// version that has each controller. All other limits are written to the group's files only.
std::vector<Property> limit_properties(const oci::Resources&, const sys::CgroupFacts&);

/// The annotations "org.systemd.property.NAME", whose value is a GVariant text: true, 'text', 7,
/// uint64 7, ['a', 'b']. A NAME that ends with "Sec" is in seconds, and becomes "…USec". Throws
/// invalid_option.
std::vector<Property> annotated_properties(const std::map<std::string, std::string>& annotations);

}  // namespace containerlib::bundle
