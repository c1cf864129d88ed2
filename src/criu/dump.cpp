#include "criu/dump.hpp"

#include "criu/mounts.hpp"
#include "criu/namespaces.hpp"

namespace containerlib::criu {

std::string freezer_of(const sys::CgroupDirs& dirs) {
  const auto v1 = dirs.v1.find("freezer");
  if (v1 != dirs.v1.end()) return v1->second;
  return dirs.unified;
}

void describe_dump(Request& request, pid_t pid, const oci::RuntimeSpec& spec,
                   const StreamNames& streams) {
  for (const ExternalMount& mount : external_mounts(pid, spec))
    request.add_pair(criu_ext_mnt, mount.path, mount.name);
  request.options.flag(criu_ext_masters, true);
  add_external_namespaces(request, spec, pid);
  add_external_streams(request, streams);
  save_stream_names(request.images.get(), streams);
}

}  // namespace containerlib::criu
