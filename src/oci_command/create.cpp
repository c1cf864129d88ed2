#include <cstdlib>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "bundle/foreground.hpp"
#include "oci_command/command.hpp"
#include "oci_command/preserved.hpp"

// create, start, run.
namespace containerlib::oci_command {
namespace {

bundle::CreateOptions options_of(const Arguments& arguments) {
  bundle::CreateOptions out;
  out.id = arguments.words()[0];
  out.bundle = arguments.has("bundle") ? arguments.value("bundle") : ".";
  out.config = arguments.value("config");
  out.pid_file = arguments.value("pid-file");
  out.console_socket = arguments.value("console-socket");
  out.pidfd_socket = arguments.value("pidfd-socket");
  out.no_pivot = arguments.has("no-pivot");
  out.no_new_keyring = arguments.has("no-new-keyring");
  Preserved handed = preserved(arguments);
  out.preserved = handed.count;
  out.env = std::move(handed.env);
  return out;
}

/// A container that could not be started is not left behind.
void start_or_remove(const bundle::Host& host, const std::string& id) try {
  bundle::start(host, id);
} catch (...) {
  bundle::remove(host, id, true);
  throw;
}

}  // namespace

int create(const Context& context, const Arguments& arguments) {
  bundle::CreateOptions options = options_of(arguments);
  options.needs_console_socket = true;
  bundle::create(context.host(), options);
  return 0;
}

int start(const Context& context, const Arguments& arguments) {
  bundle::start(context.host(), arguments.words()[0]);
  return 0;
}

int run(const Context& context, const Arguments& arguments) {
  bundle::CreateOptions options = options_of(arguments);
  const bool detach = arguments.has("detach");
  options.needs_console_socket = detach;
  const bundle::Host host = context.host();
  if (detach) {
    bundle::create(host, options);
    start_or_remove(host, options.id);
    return 0;
  }
  options.tied = true;
  const bundle::ForwardedSignals signals;
  bundle::Created created = bundle::create(host, options);
  // Before the program can ask for it.
  if (created.terminal) bundle::copy_size(created.terminal.get());
  start_or_remove(host, options.id);
  const int code = bundle::wait_in_foreground(signals, created.pid, std::move(created.terminal));
  if (!arguments.has("keep")) bundle::remove(host, options.id, true);
  return code;
}

}  // namespace containerlib::oci_command
