#include "sandbox/compile/device_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace containerlib::sandbox {
namespace {

std::string field_of(std::size_t index) {
  return fmt::format("linux.resources.devices[{}]", index);
}

/// Beside making any node: null, zero, full, random, urandom, tty, console, ptmx and the pts.
constexpr DeviceRule defaults[] = {
    {true, 'c', -1, -1, device_mknod}, {true, 'b', -1, -1, device_mknod},
    {true, 'c', 1, 3, device_all},     {true, 'c', 1, 5, device_all},
    {true, 'c', 1, 7, device_all},     {true, 'c', 1, 8, device_all},
    {true, 'c', 1, 9, device_all},     {true, 'c', 5, 0, device_all},
    {true, 'c', 5, 1, device_all},     {true, 'c', 5, 2, device_all},
    {true, 'c', 136, -1, device_all}};

std::int64_t number_of(const std::optional<std::int64_t>& number, std::size_t index) {
  if (number.value_or(-1) < -1 || number.value_or(-1) > UINT32_MAX)
    throw_error(Errc::invalid_option, "allow device", field_of(index), "no device has this number");
  return number.value_or(-1);
}

unsigned access_of(const std::string& access, std::size_t index) {
  unsigned bits = 0;
  for (const char c : access) switch (c) {
      case 'm': bits |= device_mknod; break;
      case 'r': bits |= device_read; break;
      case 'w': bits |= device_write; break;
      default:
        throw_error(Errc::invalid_option, "allow device", field_of(index),
                    "access is not of r, w, m");
    }
  return bits ? bits : device_all;
}

bool covers(const DeviceRule& wide, const DeviceRule& narrow) {
  return wide.type == narrow.type && (wide.major == -1 || wide.major == narrow.major) &&
         (wide.minor == -1 || wide.minor == narrow.minor);
}
bool overlaps(const DeviceRule& a, const DeviceRule& b) {
  return a.type == b.type && (a.major == -1 || b.major == -1 || a.major == b.major) &&
         (a.minor == -1 || b.minor == -1 || a.minor == b.minor);
}

std::string line_of(const DeviceRule& rule) {
  const auto number = [](std::int64_t n) { return n < 0 ? std::string("*") : std::to_string(n); };
  std::string access;
  if (rule.access & device_read) access += 'r';
  if (rule.access & device_write) access += 'w';
  if (rule.access & device_mknod) access += 'm';
  return fmt::format("{} {}:{} {}", rule.type, number(rule.major), number(rule.minor), access);
}

/// `exceptions` are all of the other kind than the default.
void add_exception(std::vector<DeviceRule>& exceptions, const DeviceRule& rule) {
  for (DeviceRule& other : exceptions)
    if (covers(other, rule) && covers(rule, other)) {
      other.access |= rule.access;
      return;
    }
  exceptions.push_back(rule);
}

void take_back(std::vector<DeviceRule>& exceptions, const DeviceRule& rule) {
  for (DeviceRule& other : exceptions) {
    if (!overlaps(other, rule) || !(other.access & rule.access)) continue;
    if (!covers(rule, other))
      throw_error(Errc::unsupported, "allow device", "linux.resources.devices",
                  fmt::format("cgroup v1 cannot except {} from {}", line_of(rule), line_of(other)));
    other.access &= ~rule.access;
  }
  std::erase_if(exceptions, [](const DeviceRule& e) { return e.access == 0; });
}

/// v1 wants one exception that has all of an access; here several may have a part of it each.
void gather_access(std::vector<DeviceRule>& exceptions) {
  for (DeviceRule& narrow : exceptions)
    for (const DeviceRule& wide : exceptions)
      if (covers(wide, narrow)) narrow.access |= wide.access;
}

}  // namespace

DeviceRules device_rules(const std::vector<oci::DeviceRule>& given) {
  DeviceRules out;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const oci::DeviceRule& rule = given[i];
    if (rule.type != 'a' && rule.type != 'b' && rule.type != 'c')
      throw_error(Errc::invalid_option, "allow device", field_of(i), "type is not a, b or c");
    DeviceRule one{rule.allow, rule.type, number_of(rule.major, i), number_of(rule.minor, i),
                   access_of(rule.access, i)};
    if (rule.type == 'a' && one.major == -1 && one.minor == -1 && one.access == device_all) {
      out = {rule.allow, {}};  // nothing before it counts
      continue;
    }
    for (const char type : {'c', 'b'})
      if (rule.type == 'a' || rule.type == type) {
        one.type = type;
        out.rules.push_back(one);
      }
  }
  if (out.all()) return out;
  out.rules.insert(out.rules.end(), std::begin(defaults), std::end(defaults));
  return out;
}

std::vector<DeviceLine> device_lines(const DeviceRules& rules) {
  std::vector<DeviceRule> exceptions;
  for (const DeviceRule& rule : rules.rules)
    if (rule.allow == rules.allow) {
      take_back(exceptions, rule);
    } else {
      add_exception(exceptions, rule);
    }
  if (!rules.allow) gather_access(exceptions);
  std::vector<DeviceLine> out = {{rules.allow ? "devices.allow" : "devices.deny", "a"}};
  for (const DeviceRule& rule : exceptions)
    out.push_back({rules.allow ? "devices.deny" : "devices.allow", line_of(rule)});
  return out;
}

}  // namespace containerlib::sandbox
