#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/broken.hpp"
#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/foreground.hpp"
#include "linux/text.hpp"
#include "oci/json.hpp"
#include "oci/runtime_spec_json.hpp"
#include "oci_command/command.hpp"
#include "oci_command/preserved.hpp"

namespace containerlib::oci_command {
namespace {

std::uint32_t id_of(std::string_view text, const char* option) {
  const auto number = sys::parse_number(text);
  if (!number || (*number >= 0xffffffff && !broken("SEC-26-exec")))
    throw_error(Errc::invalid_option, "use option", option, "ids are numbers: UID[:GID]");
  return static_cast<std::uint32_t>(*number);
}

/// A description as engines write it.
oci::Process read_process(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno(errno, "open process description", path);
  return oci::parse_process(sys::read_all(fd.get(), oci::json::max_config_size, path), path);
}

void set_user(oci::Process& process, const std::string& user) {
  const std::size_t colon = user.find(':');
  process.user.uid = id_of(user.substr(0, colon), "--user");
  if (colon != std::string::npos) process.user.gid = id_of(user.substr(colon + 1), "--user");
}

void set_environment(oci::Process& process, const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    const std::string name = setting.substr(0, setting.find('=')) + '=';
    std::erase_if(process.env, [&](const std::string& old) { return old.starts_with(name); });
    process.env.push_back(setting);
  }
}

void add_capability(oci::Capabilities& capabilities, std::string name) {
  if (!name.starts_with("CAP_")) name = "CAP_" + name;
  for (auto* set : {&capabilities.bounding, &capabilities.effective, &capabilities.permitted})
    if (std::find(set->begin(), set->end(), name) == set->end()) set->push_back(name);
}

/// A terminal is as large as our own from the start.
void take_size(oci::Process& process) {
  winsize size;
  if (!process.terminal || ::ioctl(0, TIOCGWINSZ, &size) != 0) return;
  process.rows = size.ws_row;
  process.columns = size.ws_col;
}

/// The configuration's process with what the options change.
oci::Process adapted_process(const bundle::Host& host, const Arguments& arguments) {
  oci::Process process = bundle::configured_process(host, arguments.words()[0]);
  process.args.assign(arguments.words().begin() + 1, arguments.words().end());
  if (process.args.empty())
    throw_error(Errc::invalid_option, "use command", "exec", "there is no COMMAND");
  process.terminal = arguments.has("tty");
  if (arguments.has("cwd")) process.cwd = arguments.value("cwd");
  if (arguments.has("user")) set_user(process, arguments.value("user"));
  for (const std::string& gid : arguments.values("additional-gids"))
    process.user.additional_gids.push_back(id_of(gid, "--additional-gids"));
  set_environment(process, arguments.values("env"));
  for (const std::string& name : arguments.values("cap"))
    add_capability(process.capabilities, name);
  if (arguments.has("no-new-privs")) process.no_new_privileges = true;
  if (arguments.has("process-label")) process.selinux_label = arguments.value("process-label");
  if (arguments.has("apparmor")) process.apparmor_profile = arguments.value("apparmor");
  return process;
}

}  // namespace

int exec(const Context& context, const Arguments& arguments) {
  const bundle::Host host = context.host();
  bundle::ExecOptions options;
  options.id = arguments.words()[0];
  options.process = arguments.has("process") ? read_process(arguments.value("process"))
                                             : adapted_process(host, arguments);
  if (arguments.has("tty")) options.process.terminal = true;
  options.pid_file = arguments.value("pid-file");
  options.console_socket = arguments.value("console-socket");
  options.pidfd_socket = arguments.value("pidfd-socket");
  options.ignore_paused = arguments.has("ignore-paused");
  const Preserved handed = preserved(arguments);
  options.preserved = handed.count;
  set_environment(options.process, handed.env);
  if (arguments.has("detach")) {
    options.needs_console_socket = true;
    bundle::exec(host, options);
    return 0;
  }
  take_size(options.process);
  const bundle::ForwardedSignals signals;
  bundle::Created created = bundle::exec(host, options);
  return bundle::wait_in_foreground(signals, created.pid, std::move(created.terminal));
}

}  // namespace containerlib::oci_command
