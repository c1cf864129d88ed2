#include "bundle/systemd/scope_properties.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/error.hpp"
#include "linux/text.hpp"
#include "sandbox/compile/cgroup_settings.hpp"

namespace containerlib::bundle {
namespace {

constexpr std::uint64_t no_limit = UINT64_MAX;

std::uint64_t limit_of(std::int64_t value) {
  return value < 0 ? no_limit : static_cast<std::uint64_t>(value);
}

/// "0-2,5" as systemd takes it: bit n of byte n/8.
std::vector<std::uint8_t> bits(const std::string& list, const char* field) {
  std::vector<std::uint8_t> out;
  for (const std::string_view part : sys::split(list, ',')) {
    const std::vector<std::string_view> ends = sys::split(part, '-');
    const auto first = sys::parse_number(ends.front()), last = sys::parse_number(ends.back());
    if (!first || !last || ends.size() > 2 || *last < *first || *last > 8192)
      throw_error(Errc::invalid_option, "apply limit", field, "not a list like 0-1,3");
    if (out.size() <= *last / 8) out.resize(*last / 8 + 1);
    for (std::uint64_t n = *first; n <= *last; ++n)
      out[n / 8] = static_cast<std::uint8_t>(out[n / 8] | 1 << n % 8);
  }
  return out;
}

void add_memory(std::vector<Property>& out, const oci::MemoryLimits& memory, bool v2) {
  if (memory.limit.value_or(0) != 0)
    out.push_back({v2 ? "MemoryMax" : "MemoryLimit", limit_of(*memory.limit)});
  if (!v2) return;
  if (memory.reservation.value_or(0) != 0)
    out.push_back({"MemoryLow", limit_of(*memory.reservation)});
  const std::int64_t swap = memory.swap.value_or(0), limit = memory.limit.value_or(-1);
  if (swap < 0) out.push_back({"MemorySwapMax", no_limit});
  if (swap > 0 && limit > 0 && swap >= limit)
    out.push_back({"MemorySwapMax", static_cast<std::uint64_t>(swap - limit)});
}

/// systemd writes whole hundredths of a CPU: rounded up, it is not less than what is asked for.
std::uint64_t quota_per_second(std::int64_t quota, std::uint64_t period) {
  if (quota < 0) return no_limit;
  constexpr std::uint64_t step = 10000;
  const std::uint64_t exact = static_cast<std::uint64_t>(quota) * 1000000 / period;
  return (exact + step - 1) / step * step;
}

void add_cpu(std::vector<Property>& out, const oci::CpuLimits& cpu, bool v2) {
  const std::uint64_t shares = cpu.shares.value_or(0), period = cpu.period.value_or(0);
  if (shares != 0)
    out.push_back(
        {v2 ? "CPUWeight" : "CPUShares", v2 ? sandbox::weight_of_shares(shares) : shares});
  if (cpu.quota.value_or(0) != 0)
    out.push_back(
        {"CPUQuotaPerSecUSec", quota_per_second(*cpu.quota, period != 0 ? period : 100000)});
  if (period != 0) out.push_back({"CPUQuotaPeriodUSec", period});
}

// annotations ----------------------------------------------------------------------------------

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw_error(Errc::invalid_option, "use annotation", "org.systemd.property." + name, why);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// 'text' or "text", where a backslash keeps the next character.
bool take_string(std::string_view& text, std::string& out) {
  text = trimmed(text);
  if (text.empty() || (text[0] != '\'' && text[0] != '"')) return false;
  const char quote = text[0];
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return true;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return false;
}

template <class Number>
Number number_of(std::string_view text, const std::string& name) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    refuse(name, "\"" + printable(text) + "\" is not a number of its type");
  return value;
}

/// Not by std::from_chars, which has the command load libm.
template <>
double number_of<double>(std::string_view text, const std::string& name) {
  const std::string digits(text);
  char* end = nullptr;
  const double value = std::strtod(digits.c_str(), &end);
  if (digits.empty() || *end != '\0')
    refuse(name, "\"" + printable(text) + "\" is not a number of its type");
  return value;
}

std::vector<std::string> strings_of(std::string_view text, const std::string& name) {
  std::vector<std::string> out;
  text = trimmed(text.substr(1, text.size() - 2));
  while (!text.empty()) {
    if (!take_string(text, out.emplace_back())) refuse(name, "not a list of strings");
    text = trimmed(text);
    if (text.empty()) break;
    if (text[0] != ',') refuse(name, "not a list of strings");
    text = trimmed(text.substr(1));
  }
  return out;
}

Property::Value value_of(std::string_view text, const std::string& name) {
  text = trimmed(text);
  if (text == "true" || text == "false") return text == "true";
  if (text.starts_with('[') && text.ends_with(']')) return strings_of(text, name);
  std::string string;
  if (std::string_view rest = text; take_string(rest, string)) {
    if (!trimmed(rest).empty()) refuse(name, "something follows the string");
    return string;
  }
  const std::size_t blank = text.find(' ');
  if (blank == text.npos) {
    if (text.find('.') != text.npos) return number_of<double>(text, name);
    return number_of<std::int32_t>(text, name);
  }
  const std::string_view type = text.substr(0, blank), rest = trimmed(text.substr(blank));
  if (type == "uint64") return number_of<std::uint64_t>(rest, name);
  if (type == "int64") return number_of<std::int64_t>(rest, name);
  if (type == "uint32") return number_of<std::uint32_t>(rest, name);
  if (type == "int32") return number_of<std::int32_t>(rest, name);
  if (type == "double") return number_of<double>(rest, name);
  refuse(name, "\"" + printable(type) + "\" is not a type that is known here");
}

/// Seconds of any numeric type as microseconds.
std::uint64_t microseconds(const Property::Value& value, const std::string& name) {
  const double seconds = std::visit(
      [&](const auto& v) -> double {
        using Type = std::decay_t<decltype(v)>;
        if constexpr (std::is_arithmetic_v<Type> && !std::is_same_v<Type, bool>)
          return static_cast<double>(v);
        refuse(name, "not a number of seconds");
      },
      value);
  if (!(seconds >= 0 && seconds < 1e12)) refuse(name, "not a number of seconds");
  return static_cast<std::uint64_t>(seconds * 1e6 + 0.5);
}

bool is_property_name(std::string_view name) {
  return !name.empty() && name[0] >= 'A' && name[0] <= 'Z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

}  // namespace

std::vector<Property> limit_properties(const oci::Resources& r, const sys::CgroupFacts& facts) {
  const auto usable = [&](const char* name, int version) {
    const sys::Controller* c = facts.find(name);
    return c && c->version == version;
  };
  std::vector<Property> out;
  for (const int version : {1, 2}) {
    if (usable("memory", version)) add_memory(out, r.memory, version == 2);
    if (usable("cpu", version)) add_cpu(out, r.cpu, version == 2);
  }
  if (usable("cpuset", 2) && !r.cpu.cpus.empty())
    out.push_back({"AllowedCPUs", bits(r.cpu.cpus, "linux.resources.cpu.cpus")});
  if (usable("cpuset", 2) && !r.cpu.mems.empty())
    out.push_back({"AllowedMemoryNodes", bits(r.cpu.mems, "linux.resources.cpu.mems")});
  // systemd takes no 0.
  if (r.pids_limit && (usable("pids", 1) || usable("pids", 2)))
    out.push_back({"TasksMax", *r.pids_limit == 0 ? 1 : limit_of(*r.pids_limit)});
  return out;
}

std::vector<Property> annotated_properties(const std::map<std::string, std::string>& annotations) {
  constexpr std::string_view prefix = "org.systemd.property.";
  std::vector<Property> out;
  for (const auto& [key, text] : annotations) {
    if (!key.starts_with(prefix)) continue;
    std::string name = key.substr(prefix.size());
    if (!is_property_name(name)) refuse(name, "not the name of a property");
    Property::Value value = value_of(text, name);
    if (name.ends_with("Sec") && !name.ends_with("USec")) {
      value = microseconds(value, name);
      name.replace(name.size() - 3, 3, "USec");
    }
    out.push_back({std::move(name), std::move(value)});
  }
  return out;
}

}  // namespace containerlib::bundle
