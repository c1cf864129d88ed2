#include "runtime/definition_json.hpp"

#include <boost/json.hpp>
#include <boost/system/system_error.hpp>

#include <type_traits>

#include "base/error.hpp"

namespace containerlib::runtime {
namespace {

namespace json = boost::json;

// The fields of each struct are listed once, in fields(); put() and get() walk that list.
template <class T, class Visit>
void fields(T& s, Visit&& visit);

template <class T>
json::value put(const T& value);
template <class T>
void get(const json::value& from, T& to);

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};

template <class T>
json::value put(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return json::value(value);
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return json::value(value.native());
  } else if constexpr (std::is_enum_v<T>) {
    return json::value(static_cast<std::int64_t>(value));
  } else if constexpr (std::is_same_v<T, bool> || std::is_arithmetic_v<T>) {
    return json::value(value);
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return json::value(value.count);
  } else if constexpr (is_optional<T>::value) {
    return value ? put(*value) : json::value();
  } else if constexpr (is_vector<T>::value) {
    json::array out;
    for (const auto& item : value) out.push_back(put(item));
    return out;
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    json::object out;
    for (const auto& [key, text] : value) out[key] = text;
    return out;
  } else {
    json::object out;
    fields(value, [&](const char* name, const auto& field) { out[name] = put(field); });
    return out;
  }
}

template <class T>
void get(const json::value& from, T& to) {
  if constexpr (std::is_same_v<T, std::string>) {
    to = from.as_string();
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    to = std::string(from.as_string());
  } else if constexpr (std::is_enum_v<T>) {
    to = static_cast<T>(from.to_number<std::int64_t>());
  } else if constexpr (std::is_same_v<T, bool>) {
    to = from.as_bool();
  } else if constexpr (std::is_arithmetic_v<T>) {
    to = from.to_number<T>();
  } else if constexpr (std::is_same_v<T, Bytes>) {
    to.count = from.to_number<std::uint64_t>();
  } else if constexpr (is_optional<T>::value) {
    if (!from.is_null()) get(from, to.emplace());
  } else if constexpr (is_vector<T>::value) {
    to.clear();
    for (const json::value& item : from.as_array()) get(item, to.emplace_back());
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    for (const auto& [key, text] : from.as_object()) to[key] = text.as_string();
  } else {
    const json::object& object = from.as_object();
    fields(to, [&](const char* name, auto& field) {
      if (const json::value* value = object.if_contains(name)) get(*value, field);
    });
  }
}

template <>
json::value put(const Seccomp& value) {
  json::array rules;
  for (const Seccomp::Rule& rule : value.rules())
    rules.push_back({{"call", rule.call}, {"errnum", rule.errnum}});
  return {{"confined", value.confined()}, {"rules", std::move(rules)}};
}

template <>
void get(const json::value& from, Seccomp& to) {
  to = from.at("confined").as_bool() ? Seccomp::standard() : Seccomp::unconfined();
  for (const json::value& rule : from.at("rules").as_array()) {
    const std::string_view call = rule.at("call").as_string();
    const int errnum = rule.at("errnum").to_number<int>();
    if (errnum == 0) {
      to.allow({call});
    } else {
      to.deny({call}, errnum);
    }
  }
}

template <class T, class Visit>
void fields(T& s, Visit&& visit) {
  using Plain = std::remove_const_t<T>;
  if constexpr (std::is_same_v<Plain, StoredContainer>) {
    visit("image", s.image);
    visit("definition", s.definition);
  } else if constexpr (std::is_same_v<Plain, Mount>) {
    visit("source", s.source);
    visit("target", s.target);
    visit("writable", s.writable);
    visit("read_only", s.read_only);
    visit("tmpfs_size", s.tmpfs_size);
    visit("tmpfs_mode", s.tmpfs_mode);
    visit("tmpfs_uid", s.tmpfs_uid);
    visit("tmpfs_gid", s.tmpfs_gid);
  } else if constexpr (std::is_same_v<Plain, IoLimit>) {
    visit("device", s.device);
    visit("read_bytes_per_second", s.read_bytes_per_second);
    visit("write_bytes_per_second", s.write_bytes_per_second);
    visit("read_operations_per_second", s.read_operations_per_second);
    visit("write_operations_per_second", s.write_operations_per_second);
  } else if constexpr (std::is_same_v<Plain, Limits>) {
    visit("memory", s.memory);
    visit("memory_swap", s.memory_swap);
    visit("cpus", s.cpus);
    visit("cpu_weight", s.cpu_weight);
    visit("cpuset_cpus", s.cpuset_cpus);
    visit("cpuset_mems", s.cpuset_mems);
    visit("pids", s.pids);
    visit("io", s.io);
    visit("unlimited_swap", s.unlimited_swap);
    visit("cpu_shares", s.cpu_shares);
    visit("memory_reservation", s.memory_reservation);
  } else if constexpr (std::is_same_v<Plain, Ulimit>) {
    visit("name", s.name);
    visit("soft", s.soft);
    visit("hard", s.hard);
  } else if constexpr (std::is_same_v<Plain, LandlockPath>) {
    visit("path", s.path);
    visit("writable", s.writable);
    visit("executable", s.executable);
  } else if constexpr (std::is_same_v<Plain, Landlock>) {
    visit("paths", s.paths);
    visit("tcp_bind", s.tcp_bind);
    visit("tcp_connect", s.tcp_connect);
    visit("scope_abstract_sockets", s.scope_abstract_sockets);
    visit("scope_signals", s.scope_signals);
  } else if constexpr (std::is_same_v<Plain, TerminalSize>) {
    visit("rows", s.rows);
    visit("columns", s.columns);
  } else {
    static_assert(std::is_same_v<Plain, Definition>);
    visit("args", s.args);
    visit("env", s.env);
    visit("cwd", s.cwd);
    visit("user", s.user);
    visit("hostname", s.hostname);
    visit("stop_signal", s.stop_signal);
    visit("mounts", s.mounts);
    visit("read_only", s.read_only);
    visit("network", s.network);
    visit("limits", s.limits);
    visit("cap_add", s.cap_add);
    visit("cap_drop", s.cap_drop);
    visit("seccomp", s.seccomp);
    visit("new_privileges", s.new_privileges);
    visit("unmasked_paths", s.unmasked_paths);
    visit("user_namespace", s.user_namespace);
    visit("tty", s.tty);
    visit("terminal_size", s.terminal_size);
    visit("on_host_death", s.on_host_death);
    visit("auto_remove", s.auto_remove);
    visit("labels", s.labels);
    visit("entrypoint_words", s.entrypoint_words);
    visit("ulimits", s.ulimits);
    visit("groups", s.groups);
    visit("shm_size", s.shm_size);
    visit("unsafe_oci_spec", s.unsafe_oci_spec);
    visit("nested_user_namespaces", s.nested_user_namespaces);
    visit("landlock", s.landlock);
  }
}

}  // namespace

std::string to_json(const StoredContainer& stored) { return json::serialize(put(stored)); }

StoredContainer from_json(std::string_view text, const std::string& id) {
  StoredContainer out;
  try {
    get(json::parse(text), out);
  } catch (const std::exception& error) {
    throw_errno(EBADMSG, "read record of container", id, error.what());
  }
  return out;
}

}  // namespace containerlib::runtime
