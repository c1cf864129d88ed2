#include "oci/image_config.hpp"

#include "oci/json.hpp"

namespace containerlib::oci {
namespace bj = boost::json;
namespace {

bj::array text_array(const std::vector<std::string>& texts) {
  bj::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

bj::object empty_objects(const std::vector<std::string>& keys) {
  bj::object out;
  for (const std::string& key : keys) out[key] = bj::object();
  return out;
}

void read_run_options(const bj::object& run, std::string_view what, ImageConfig& out) {
  out.entrypoint = json::texts(run, "Entrypoint", what);
  out.command = json::texts(run, "Cmd", what);
  out.env = json::texts(run, "Env", what);
  out.user = json::text(run, "User", what);
  out.working_dir = json::text(run, "WorkingDir", what);
  out.stop_signal = json::text(run, "StopSignal", what);
  out.labels = json::text_map(run, "Labels", what);
  out.exposed_ports = json::keys(run, "ExposedPorts", what);
  out.volumes = json::keys(run, "Volumes", what);
}

}  // namespace

ConfigDocument parse_image_config(std::string_view text, std::string_view what) {
  bj::object document = json::parse_object(text, what, json::max_config_size);
  ConfigDocument out;
  out.config.os = json::text(document, "os", what);
  out.config.architecture = json::text(document, "architecture", what);
  out.config.variant = json::text(document, "variant", what);
  out.config.created = json::text(document, "created", what);
  if (const bj::object* run = json::object(document, "config", what))
    read_run_options(*run, what, out.config);
  const bj::object* rootfs = json::object(document, "rootfs", what);
  if (!rootfs) json::corrupt(what, "no rootfs: not the configuration of an image");
  if (json::text(*rootfs, "type", what) != "layers")
    json::corrupt(what, "rootfs.type is not \"layers\"");
  for (const std::string& id : json::texts(*rootfs, "diff_ids", what))
    out.diff_ids.push_back(Digest::require(id, what));
  return out;
}

std::string to_json(const ConfigDocument& document) {
  const ImageConfig& from = document.config;
  bj::object run;
  if (!from.user.empty()) run["User"] = from.user;
  if (!from.exposed_ports.empty()) run["ExposedPorts"] = empty_objects(from.exposed_ports);
  if (!from.env.empty()) run["Env"] = text_array(from.env);
  if (!from.entrypoint.empty()) run["Entrypoint"] = text_array(from.entrypoint);
  if (!from.command.empty()) run["Cmd"] = text_array(from.command);
  if (!from.volumes.empty()) run["Volumes"] = empty_objects(from.volumes);
  if (!from.working_dir.empty()) run["WorkingDir"] = from.working_dir;
  if (!from.stop_signal.empty()) run["StopSignal"] = from.stop_signal;
  for (const auto& [key, value] : from.labels) {
    if (!run.contains("Labels")) run["Labels"] = bj::object();
    run["Labels"].get_object()[key] = value;
  }
  bj::array diff_ids;
  for (const Digest& id : document.diff_ids) diff_ids.emplace_back(id.text());
  bj::object out{{"architecture", from.architecture}, {"os", from.os}};
  if (!from.variant.empty()) out["variant"] = from.variant;
  if (!from.created.empty()) out["created"] = from.created;
  if (!document.comment.empty()) {
    bj::object step{{"comment", document.comment}};
    if (!from.created.empty()) step["created"] = from.created;
    out["history"] = bj::array{std::move(step)};
  }
  out["config"] = std::move(run);
  out["rootfs"] = bj::object{{"type", "layers"}, {"diff_ids", std::move(diff_ids)}};
  return bj::serialize(out);
}

}  // namespace containerlib::oci
