#include "bundle/checkpoint.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "bundle/foreground.hpp"
#include "linux/text.hpp"
#include "oci_command/command.hpp"

// checkpoint, restore.
namespace containerlib::oci_command {
namespace {

criu::Options criu_options(const Context& context, const Arguments& arguments) {
  criu::Options out;
  out.program = context.criu;
  out.images = arguments.has("image-path") ? arguments.value("image-path") : "checkpoint";
  out.work = arguments.value("work-path");
  out.parent = arguments.value("parent-path");
  out.tcp_established = arguments.has("tcp-established");
  out.ext_unix_sk = arguments.has("ext-unix-sk");
  out.shell_job = arguments.has("shell-job");
  out.file_locks = arguments.has("file-locks");
  out.lazy_pages = arguments.has("lazy-pages");
  out.auto_dedup = arguments.has("auto-dedup");
  if (arguments.has("manage-cgroups-mode"))
    out.manage_cgroups = arguments.value("manage-cgroups-mode");
  out.network_lock = arguments.value("network-lock-method");
  for (const std::string& name : arguments.values("empty-ns")) {
    if (name != "network")
      throw_error(Errc::invalid_option, "use option", "--empty-ns", "must be network");
    out.empty_network = true;
  }
  return out;
}

/// ADDRESS:PORT, the address of IPv6 in brackets or not.
void set_page_server(bundle::CheckpointOptions& options, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port =
      colon == std::string::npos ? std::nullopt : sys::parse_number(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535 || colon == 0)
    throw_error(Errc::invalid_option, "use option", "--page-server", "must be ADDRESS:PORT");
  std::string address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']'))
    address = address.substr(1, address.size() - 2);
  options.page_server_address = address;
  options.page_server_port = static_cast<unsigned>(*port);
}

int status_fd(long long number) {
  const int fd = static_cast<int>(number);
  const int flags = fd == number ? ::fcntl(fd, F_GETFL) : -1;
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
    throw_error(Errc::invalid_option, "use option", "--status-fd",
                "must be an open descriptor that can be written to");
  return fd;
}

}  // namespace

int checkpoint(const Context& context, const Arguments& arguments) {
  bundle::CheckpointOptions options;
  options.id = arguments.words()[0];
  options.criu = criu_options(context, arguments);
  options.leave_running = arguments.has("leave-running");
  options.pre_dump = arguments.has("pre-dump");
  if (arguments.has("page-server")) set_page_server(options, arguments.value("page-server"));
  if (const auto number = arguments.number("status-fd")) options.status_fd = status_fd(*number);
  bundle::checkpoint(context.host(), options);
  return 0;
}

int restore(const Context& context, const Arguments& arguments) {
  bundle::RestoreOptions options;
  options.id = arguments.words()[0];
  options.bundle = arguments.has("bundle") ? arguments.value("bundle") : ".";
  options.criu = criu_options(context, arguments);
  options.pid_file = arguments.value("pid-file");
  options.console_socket = arguments.value("console-socket");
  options.no_pivot = arguments.has("no-pivot");
  options.tcp_close = arguments.has("tcp-close");
  options.lsm_profile = arguments.value("lsm-profile");
  options.lsm_mount_context = arguments.value("lsm-mount-context");
  const bundle::Host host = context.host();
  if (arguments.has("detach")) {
    options.needs_console_socket = true;
    bundle::restore(host, options);
    return 0;
  }
  const bundle::ForwardedSignals signals;
  bundle::Created restored = bundle::restore(host, options);
  const int code = bundle::wait_in_foreground(signals, restored.pid, std::move(restored.terminal));
  if (!arguments.has("keep")) bundle::remove(host, options.id, true);
  return code;
}

}  // namespace containerlib::oci_command
