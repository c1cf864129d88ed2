#include "oci/runtime_state.hpp"

#include <boost/json/serialize.hpp>

#include "oci/spec_field.hpp"
#include "oci/spec_write.hpp"

namespace containerlib::oci {
namespace bj = boost::json;
namespace {

constexpr std::string_view statuses[] = {"creating", "created", "running", "stopped", "paused"};

bj::object json_of(const RuntimeState& state) {
  bj::object out{{"ociVersion", state.oci_version}, {"id", state.id}, {"status", state.status}};
  if (state.status != "stopped" && state.pid != 0) out["pid"] = state.pid;
  out["bundle"] = state.bundle;
  put(out, "annotations", state.annotations);
  return out;
}

}  // namespace

std::string to_json(const RuntimeState& state) { return bj::serialize(json_of(state)); }

std::string to_json(const ContainerProcessState& process) {
  bj::object out{{"ociVersion", process.oci_version}};
  put(out, "fds", process.fds);
  out["pid"] = process.pid;
  put(out, "metadata", process.metadata);
  out["state"] = json_of(process.state);
  return bj::serialize(out);
}

RuntimeState parse_runtime_state(std::string_view text, std::string_view what) {
  const bj::value value = parse_spec_document(text, what);
  const SpecDocument shared{what};
  const Field document(shared, {}, value);
  RuntimeState out;
  read(document.required("ociVersion"), out.oci_version);
  read(document.required("id"), out.id);
  const Field pid = document["pid"];
  out.status = required_name(document.required("status"), statuses);
  read_range(pid, 0, std::numeric_limits<std::int32_t>::max(), out.pid);
  if (out.pid == 0 && (out.status == "created" || out.status == "running"))
    pid.refuse("the id of a process, which a container that is " + out.status + " has");
  out.bundle = absolute_path(document.required("bundle"));
  read(document["annotations"], out.annotations);
  return out;
}

}  // namespace containerlib::oci
