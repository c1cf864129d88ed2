#include "oci/runtime_spec_json.hpp"

#include <boost/json/serialize.hpp>

#include "oci/spec_sections.hpp"

namespace containerlib::oci {
namespace bj = boost::json;
namespace {

std::string version(const Field& field) {
  std::string text = field.text();
  if (text.size() < 3 || !text.starts_with("1.") || text[2] < '0' || text[2] > '9')
    field.refuse("1.x.y: unknown version specified");
  return text;
}

/// Of the sections for other platforms config.md says that they may be set when that is the target.
void warn_of_other_platforms(const Field& spec) {
  for (const char* platform : {"freebsd", "solaris", "vm", "windows", "zos"})
    if (const Field section = spec[platform]) section.warn("is for another platform");
}

}  // namespace

RuntimeSpec parse_runtime_spec(std::string_view text, std::string_view what,
                               std::vector<std::string>* warnings) {
  const bj::value value = parse_spec_document(text, what);
  const SpecDocument shared{what, warnings};
  const Field spec(shared, {}, value);
  RuntimeSpec out;
  out.oci_version = version(spec.required("ociVersion"));
  warn_of_other_platforms(spec);
  const Field root = spec.required("root");
  const Field root_path = root.required("path");
  out.root_path = root_path.text();
  if (out.root_path.empty()) root_path.refuse("a directory");
  read(root["readonly"], out.root_readonly);
  read(spec["hostname"], out.hostname);
  read(spec["domainname"], out.domainname);
  read(spec["annotations"], out.annotations);
  out.process.no_new_privileges = false;
  if (const Field process = spec["process"]) read(process, out.process);
  read(spec["mounts"], out.mounts);
  read(spec["hooks"], out.hooks);
  read_linux(spec["linux"], out);
  return out;
}

Process parse_process(std::string_view text, std::string_view what,
                      std::vector<std::string>* warnings) {
  const bj::value value = parse_spec_document(text, what);
  const SpecDocument shared{what, warnings};
  Process out;
  read(Field(shared, "process", value), out);
  return out;
}

Resources parse_resources(std::string_view text, std::string_view what) {
  const bj::value value = parse_spec_document(text, what);
  const SpecDocument shared{what};
  Resources out;
  read(Field(shared, "linux.resources", value), out);
  return out;
}

std::string to_json(const RuntimeSpec& spec) {
  bj::object root{{"path", spec.root_path}};
  put(root, "readonly", spec.root_readonly);
  bj::object out{{"ociVersion", spec.oci_version}, {"root", std::move(root)}};
  if (!spec.process.args.empty()) out["process"] = json_of(spec.process);
  put(out, "hostname", spec.hostname);
  put(out, "domainname", spec.domainname);
  put(out, "mounts", spec.mounts);
  put(out, "hooks", json_of(spec.hooks));
  put(out, "annotations", spec.annotations);
  put(out, "linux", linux_json(spec));
  return bj::serialize(out);
}

std::string to_json(const Process& process) { return bj::serialize(json_of(process)); }

std::string to_json(const Resources& resources) { return bj::serialize(json_of(resources)); }

}  // namespace containerlib::oci
