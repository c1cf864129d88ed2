#include "cli/options.hpp"

#include <fmt/format.h>

#include "cli/environment.hpp"
#include "cli/landlock.hpp"
#include "cli/mounts.hpp"
#include "cli/quantity.hpp"

namespace containerlib::cli {
namespace {

bool parse_host(const char* flag, const std::string& value, std::string_view other) {
  if (value == "host") return true;
  if (value.empty() || value == other) return false;
  throw UsageError(
      fmt::format("invalid value \"{}\" for {}: {} or host is wanted", value, flag, other));
}

UserNamespace parse_user_namespace(const std::string& value) {
  for (const auto& [name, kind] : user_namespace_names)
    if (value == name) return kind;
  throw UsageError(fmt::format(
      "invalid value \"{}\" for --userns: auto, host, keep-id or nomap is wanted", value));
}

}  // namespace

void ContainerFlags::add_to(CommandLine& line) {
  line.set_help_flag("--help", "Print this help");  // -h is the host name
  add_process_flags(line);
  add_file_flags(line);
  limits_.add_to(line);
  add_isolation_flags(line);
}

void ContainerFlags::add_process_flags(CommandLine& line) {
  line.add_flag("-i,--interactive", streams.interactive, "Pass standard input on");
  line.add_flag("-t,--tty", streams.tty, "Give it a terminal");
  line.add_flag("--rm", remove, "Remove the container when it has ended");
  line.add_value("--name", name_, "Name of the container; one is made up if there is none", "NAME");
  line.add_repeated("-e,--env", env_, "Set a variable; a NAME alone passes this one's on",
                    "NAME[=VALUE]");
  line.add_repeated("--env-file", env_files_, "Set the variables of a file, a line each", "FILE");
  line.add_value("-w,--workdir", workdir_, "Working directory", "DIR");
  line.add_value("-u,--user", user_, "User and group, of the image's own /etc/passwd or numbers",
                 "USER[:GROUP]");
  line.add_repeated("--group-add", groups_, "One more group of the user", "GROUP");
  line.add_value("--entrypoint", entrypoint_, "Instead of the image's; an empty one is none",
                 "COMMAND")
      ->each([this](const std::string&) { entrypoint_given_ = true; });
  line.add_value("-h,--hostname", hostname_, "Host name; the id if there is none", "NAME");
  line.add_repeated("-l,--label", labels_, "Set a label", "NAME[=VALUE]");
  line.add_repeated("--label-file", label_files_, "Set the labels of a file, a line each", "FILE");
  line.add_value("--stop-signal", stop_signal_, "What `stop` sends first", "SIGNAL");
  line.add_value("--stop-timeout", stop_timeout_, "How long `stop` waits before it kills",
                 "SECONDS");
  line.add_value("--platform", platform, "Refuse an image that is for another",
                 "OS/ARCH[/VARIANT]");
  line.add_value("--pull", pull_, "missing or never: images come by `load` and `import`", "WHEN");
  line.add_value("--cidfile", cidfile, "Write the id to this file, which must not exist", "FILE");
}

void ContainerFlags::add_file_flags(CommandLine& line) {
  line.add_repeated("-v,--volume", volumes_,
                    "Show a directory or file of the host; READ-ONLY unless it ends with :rw",
                    "SOURCE:TARGET[:rw]");
  line.add_repeated("--mount", mounts_,
                    "type=bind,source=,target=[,rw] or type=tmpfs,target=[,tmpfs-size=]; a bind "
                    "mount is READ-ONLY unless it has rw or readonly=false",
                    "FIELDS");
  line.add_repeated("--tmpfs", tmpfs_,
                    "A file system in memory: size=64m, mode=1777, uid=, gid=, ro",
                    "TARGET[:OPTIONS]");
  line.add_value("--shm-size", shm_size_, "Size of /dev/shm (64m)", "SIZE");
  line.add_flag("--read-only", read_only_, "Make the root file system read-only");
}

void ContainerFlags::add_isolation_flags(CommandLine& line) {
  line.add_repeated("--cap-add", cap_add_, "Add a capability, or ALL", "NAME");
  line.add_repeated("--cap-drop", cap_drop_, "Take a capability away, or ALL", "NAME");
  line.add_repeated("--security-opt", security_,
                    "landlock=ro:/,rw:/tmp,net:none,… adds a wall (see the guide); "
                    "seccomp=unconfined, no-new-privileges=false, systempaths=unconfined and "
                    "nested-userns loosen the isolation",
                    "OPTION");
  line.add_value("--userns", userns_,
                 "auto: user ids of its own; host: the host's; for an ordinary user keep-id: its "
                 "own id inside too, nomap: not among those inside",
                 "auto|host|keep-id|nomap");
  line.add_value("--network,--net", network_, "none: a loopback device only; host: the host's",
                 "none|host");
  line.add_value(
      "--unsafe-oci-spec", oci_spec_,
      "A part of an OCI config.json, applied over what the other flags make; it can undo "
      "all isolation",
      "FILE");
}

ContainerOptions ContainerFlags::options(Arguments command) const {
  ContainerOptions options{.name = name_,
                           .args = std::move(command),
                           .env = environment(env_files_, env_),
                           .cwd = workdir_,
                           .user = parse_user(user_),
                           .hostname = hostname_,
                           .read_only = read_only_,
                           .limits = limits_.limits(),
                           .cap_add = cap_add_,
                           .cap_drop = cap_drop_,
                           .stop_signal = stop_signal_,
                           .auto_remove = remove,
                           .labels = labels(label_files_, labels_),
                           .ulimits = limits_.ulimits(),
                           .groups = groups_};
  if (!oci_spec_.empty()) options.unsafe_oci_spec = file_content("--unsafe-oci-spec", oci_spec_);
  if (!shm_size_.empty()) options.shm_size = parse_size("--shm-size", shm_size_);
  if (entrypoint_given_) {
    // With an entry point of the user's the image's Cmd no longer counts, so the two are one.
    options.entrypoint.emplace();
    if (!entrypoint_.empty()) options.args.insert(options.args.begin(), entrypoint_);
  }
  for (const std::string& text : volumes_) options.mounts.push_back(parse_volume(text));
  for (const std::string& text : mounts_) options.mounts.push_back(parse_mount(text));
  for (const std::string& text : tmpfs_) options.mounts.push_back(parse_tmpfs(text));
  if (!pull_.empty() && pull_ != "missing" && pull_ != "never")
    throw UsageError(fmt::format("invalid --pull {}: there is no registry to pull from", pull_));
  if (!stop_signal_.empty()) parse_signal("--stop-signal", stop_signal_);
  if (!stop_timeout_.empty()) {
    parse_seconds("--stop-timeout", stop_timeout_);
    options.labels[stop_timeout_label] = stop_timeout_;
  }
  apply_security(options);
  return options;
}

void ContainerFlags::apply_security(ContainerOptions& options) const {
  for (const std::string& text : security_) apply_security_option(options, text);
  if (!userns_.empty()) options.user_namespace = parse_user_namespace(userns_);
  if (parse_host("--network", network_, "none")) options.network = Network::host;
}

std::string parse_user(const std::string& text) {
  const bool no_group = text.size() > 1 && text.find(':') == text.size() - 1;
  return no_group ? text.substr(0, text.size() - 1) : text;
}

void apply_security_option(ContainerOptions& options, const std::string& text) {
  if (text == "seccomp=unconfined" || text == "seccomp:unconfined")
    options.seccomp = Seccomp::unconfined();
  else if (text == "systempaths=unconfined")
    options.unmasked_paths = true;
  else if (text == "nested-userns")
    options.nested_user_namespaces = true;
  else if (text.starts_with("landlock="))
    parse_landlock(text.substr(9), options.landlock);
  else if (text == "no-new-privileges")
    options.new_privileges = false;
  else if (text.starts_with("no-new-privileges=") || text.starts_with("no-new-privileges:"))
    options.new_privileges = !parse_switch("--security-opt no-new-privileges", text.substr(18));
  else if (text != "apparmor=unconfined" && text != "label=disable")  // which it is anyway
    throw UsageError(fmt::format("invalid --security-opt \"{}\": it is not supported", text));
}

}  // namespace containerlib::cli
