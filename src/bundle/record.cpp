#include "bundle/record.hpp"

#include "base/error.hpp"
#include "oci/json.hpp"

namespace containerlib::bundle {
namespace bj = boost::json;
namespace json = oci::json;
namespace {

constexpr const char* file = "state.json";

bj::object text_object(const std::map<std::string, std::string>& texts) {
  bj::object out;
  for (const auto& [key, value] : texts) out[key] = value;
  return out;
}

bool flag(const bj::object& document, std::string_view key) {
  const bj::value* const value = json::member(document, key);
  return value && value->is_bool() && value->get_bool();
}

}  // namespace

void save(const ContainerDir& dir, const Record& r) {
  const bj::object document = {
      {"id", r.id},
      {"ociVersion", r.oci_version},
      {"bundle", r.bundle},
      {"rootfs", r.rootfs},
      {"created", r.created},
      {"owner", r.owner},
      {"annotations", text_object(r.annotations)},
      {"pid", r.pid},
      {"startTime", r.start_time},
      {"cgroup", r.cgroups.unified},
      {"cgroups", text_object(r.cgroups.v1)},
      {"noPivot", r.no_pivot},
      {"noNewKeyring", r.no_new_keyring},
      {"hasMore", r.has_more},
      {"scope", r.scope},
  };
  dir.write(file, bj::serialize(document));
}

std::optional<Record> load(const ContainerDir& dir) {
  const std::optional<std::string> content = dir.read(file);
  if (!content) return std::nullopt;
  const std::string what = dir.path_of(file);
  const bj::object document = json::parse_object(*content, what, json::max_config_size);
  Record r;
  r.id = dir.id();
  r.oci_version = json::text(document, "ociVersion", what);
  r.bundle = json::text(document, "bundle", what);
  r.rootfs = json::text(document, "rootfs", what);
  r.created = json::text(document, "created", what);
  r.owner = static_cast<std::uint32_t>(json::number(document, "owner", what));
  r.annotations = json::text_map(document, "annotations", what);
  r.pid = static_cast<pid_t>(json::number(document, "pid", what));
  r.start_time = json::number(document, "startTime", what);
  r.cgroups.unified = json::text(document, "cgroup", what);
  r.cgroups.v1 = json::text_map(document, "cgroups", what);
  r.no_pivot = flag(document, "noPivot");
  r.no_new_keyring = flag(document, "noNewKeyring");
  r.has_more = flag(document, "hasMore");
  r.scope = json::text(document, "scope", what);
  return r;
}

Record load_whole(const ContainerDir& dir) {
  if (std::optional<Record> record = load(dir)) return std::move(*record);
  throw_error(Errc::not_running, "use container", dir.id(),
              "it was never created as a whole; delete it");
}

}  // namespace containerlib::bundle
