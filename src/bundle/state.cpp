#include "bundle/container.hpp"

namespace containerlib::bundle {

oci::RuntimeState state(const Host& host, const std::string& id) {
  const ContainerDir dir = ContainerDir::open(host.root, id);
  const Record record = load_whole(dir);
  return state_of(record, status_of(dir, record));
}

oci::RuntimeState state_of(const Record& record, Status status) {
  oci::RuntimeState out;
  out.oci_version = record.oci_version;
  out.id = record.id;
  out.status = name_of(status);
  out.pid = status == Status::stopped ? 0 : record.pid;
  out.bundle = record.bundle;
  out.annotations = record.annotations;
  return out;
}

std::vector<Listed> list(const Host& host) {
  std::vector<Listed> out;
  for (const std::string& id : container_ids(host.root)) {
    const std::optional<ContainerDir> dir = ContainerDir::open_if_exists(host.root, id);
    const std::optional<Record> record = dir ? load(*dir) : std::nullopt;
    if (record) out.push_back({*record, status_of(*dir, *record)});
  }
  return out;
}

}  // namespace containerlib::bundle
