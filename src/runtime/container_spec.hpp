#pragma once
#include <optional>
#include <string>
#include <vector>

#include "linux/host_facts.hpp"
#include "linux/users.hpp"
#include "oci/runtime_spec.hpp"
#include "runtime/definition.hpp"

namespace containerlib::runtime {

/// The ids a container's user namespace shows, or none: the host's ids.
struct IdMaps {
  std::vector<oci::IdMapping> uids, gids;
};

/// Whether the container gets a user namespace of its own. As root only where layers can be shifted
/// to its ids (idmapped mounts); rootless always.
bool has_user_namespace(UserNamespace, const sys::HostFacts&);
/// As root: the container's 0… are the host's `first`….
IdMaps range_maps(std::uint32_t first, std::uint32_t count);
/// Rootless, in terms of the monitor's own user namespace: where 0 is the caller and the
/// subordinate ids follow. Unchanged, unless `wish` wants the caller's id elsewhere or nowhere.
IdMaps rootless_maps(const sys::HostFacts&, UserNamespace wish = UserNamespace::automatic);
/// Throws unsupported for what this user cannot have.
void check_user_namespace(UserNamespace, const sys::HostFacts&);

/// Whether the id has a place in the maps; none at all are the host's ids.
bool covers(const std::vector<oci::IdMapping>&, std::uint32_t id);

/// What is in the spec besides the definition.
struct SpecInput {
  std::string id;
  const Definition* definition = nullptr;
  sys::ResolvedUser user;
  IdMaps ids;
};

/// The bounding set a definition comes to (also what its seccomp filter depends on).
std::vector<std::string> bounding_capabilities(const Definition&, const sys::HostFacts&);

/// Definition, user and ids in the terms of the OCI runtime spec, all but the seccomp filter.
/// Throws as bounding_capabilities(), to_resources() and apply_fragment() do, and unsupported for a
/// user that the ids do not cover.
oci::RuntimeSpec build_spec(const SpecInput&, const sys::HostFacts&);

/// The sets of one process: docker gives a user other than root the bounding set only, so it can
/// gain capabilities from set-user-ID programs alone (and with no_new_privs from none).
oci::Capabilities capabilities_of(const std::vector<std::string>& bounding, std::uint32_t uid);

/// A host that the kernel is to spare when memory is short does not lend that to its containers.
std::optional<int> oom_score(const sys::HostFacts&);

/// Throws unsupported when a user's ids have no place in the maps.
void check_mapped(std::uint32_t uid, std::uint32_t gid, const IdMaps&);

}  // namespace containerlib::runtime
