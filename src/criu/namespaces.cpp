#include "criu/namespaces.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.hpp"

namespace containerlib::criu {
namespace {

/// Those that criu does not even look at. The names in a checkpoint are runc's.
struct External {
  const char *type, *criu_type, *name;
};
constexpr External externals[] = {{"network", "net", "extRootNetNS"},
                                  {"pid", "pid", "extRootPidNS"}};

const External* find_external(const std::string& type) {
  for (const External& external : externals)
    if (type == external.type) return &external;
  return nullptr;
}

}  // namespace

void add_external_namespaces(Request& request, const oci::RuntimeSpec& spec, pid_t pid) {
  for (const oci::Namespace& space : spec.namespaces) {
    const External* const external = space.path.empty() ? nullptr : find_external(space.type);
    if (!external) continue;
    // Of the process itself: the path may name another by now.
    const std::string path = fmt::format("/proc/{}/ns/{}", pid, external->criu_type);
    struct stat st;
    if (::stat(path.c_str(), &st) != 0) throw_errno(errno, "find namespace", path);
    request.options.text(criu_external,
                         fmt::format("{}[{}]:{}", external->criu_type, st.st_ino, external->name));
  }
}

std::vector<Fd> add_joined_namespaces(Request& request, const oci::RuntimeSpec& spec, int first) {
  std::vector<Fd> out;
  for (const oci::Namespace& space : spec.namespaces) {
    if (space.path.empty()) continue;
    if (const External* const external = find_external(space.type)) {
      Fd fd(::open(space.path.c_str(), O_RDONLY | O_CLOEXEC));
      if (!fd) throw_errno(errno, "open namespace", space.path);
      request.add_pair(criu_inherit_fd, external->name,
                       static_cast<unsigned>(first) + static_cast<unsigned>(out.size()));
      out.push_back(std::move(fd));
    } else if (space.type == "cgroup" || space.type == "mount") {
      throw_error(Errc::unsupported, "restore container", "linux.namespaces",
                  "criu cannot join a " + space.type + " namespace");
    } else {
      request.add_pair(criu_join_ns, space.type, space.path);
    }
  }
  return out;
}

}  // namespace containerlib::criu
