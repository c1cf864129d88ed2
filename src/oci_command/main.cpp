#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <span>

#include "base/error.hpp"
#include "bundle/container_dir.hpp"
#include "oci_command/command.hpp"
#include "oci_command/unchangeable.hpp"

// containerlib-runtime: the OCI runtime command.
namespace containerlib::oci_command {
namespace {

constexpr auto flag = Option::flag, value = Option::value;
constexpr Option global_options[] = {
    {"root", 0, value},
    {"log", 0, value},
    {"log-format", 0, value},
    {"debug", 0, flag},
    {"systemd-cgroup", 's', flag},
    {"cgroup-manager", 0, value},
    {"criu", 0, value},
    {"rootless", 0, value},
    {"version", 'v', flag},
    {"help", 'h', flag},
};

std::string usage() {
  std::string out =
      "usage: containerlib-runtime [OPTION...] COMMAND [OPTION...] [WORD...]\n\n"
      "  --root DIR               where the states of containers are\n"
      "  --log FILE               write messages there too\n"
      "  --log-format FORMAT      text or json\n"
      "  --cgroup-manager NAME    cgroupfs, systemd or disabled\n"
      "  --systemd-cgroup         the same as --cgroup-manager systemd\n"
      "  --criu PROGRAM           for checkpoint and restore\n"
      "  --version, --help\n\n";
  for (const Command& command : commands()) {
    const std::string call = std::string(command.name) + ' ' + command.words;
    out += "  " + call + std::string(call.size() < 24 ? 25 - call.size() : 1, ' ') +
           command.summary + '\n';
  }
  return out;
}

bundle::CgroupManager manager_of(const Arguments& arguments) {
  const std::string name = arguments.value("cgroup-manager");
  if (name == "disabled") return bundle::CgroupManager::disabled;
  if (name == "systemd" || (name.empty() && arguments.has("systemd-cgroup")))
    return bundle::CgroupManager::systemd;
  if (name.empty() || name == "cgroupfs") return bundle::CgroupManager::cgroupfs;
  throw_error(Errc::invalid_option, "use option", "--cgroup-manager",
              "must be cgroupfs, systemd or disabled");
}

const Command& find_command(const std::string& name) {
  for (const Command& command : commands())
    if (name == command.name) return command;
  throw_error(Errc::invalid_option, "use command", name, "--help lists them");
}

/// How many of the words belong to main(): up to the command's name.
std::size_t global_words(const std::vector<std::string>& words) {
  std::size_t i = 0;
  while (i < words.size() && words[i].size() > 1 && words[i][0] == '-') {
    const std::string name = words[i].substr(words[i].find_first_not_of('-'));
    bool takes_next = false;
    for (const Option& option : global_options)
      takes_next |= option.kind == value && name == option.name;
    i += takes_next ? 2 : 1;
  }
  return std::min(i, words.size());
}

void open_log(Log& log, const Arguments& arguments) {
  log.open(arguments.value("log"), arguments.value("log-format"));
}

int run_command(const Command& command, const Arguments& arguments, Log& log) {
  if (arguments.has("help")) {
    print(std::string("usage: containerlib-runtime ") + command.name + " [OPTION...] " +
          command.words + '\n');
    return 0;
  }
  const int count = static_cast<int>(arguments.words().size());
  if (count < command.least || (command.most >= 0 && count > command.most))
    throw_error(Errc::invalid_option, "use command", command.name,
                std::string("it takes: ") + command.words);
  Context context{.root = arguments.value("root"),
                  .cgroup_manager = manager_of(arguments),
                  .criu = arguments.has("criu") ? arguments.value("criu") : "criu",
                  .log = log};
  if (context.root.empty()) context.root = bundle::default_root();
  return command.run(context, arguments);
}

int dispatch(char** argv, std::vector<std::string> words, Log& log) {
  const std::size_t split = global_words(words);
  const Arguments global({words.data(), split}, {global_options}, -1);
  open_log(log, global);
  if (global.has("help") || (split == words.size() && !global.has("version"))) {
    print(usage());
    return global.has("help") ? 0 : 1;
  }
  if (global.has("version")) {
    print("containerlib-runtime version " CONTAINERLIB_VERSION "\nspec: 1.3.0\n");
    return 0;
  }
  const Command& command = find_command(words[split]);
  if (command.makes_process) run_unchangeable(argv);
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(split));
  // Options of main() may come after the command's name too.
  const Arguments all(words, {command.options, global_options}, command.command_after);
  open_log(log, all);
  return run_command(command, all, log);
}

/// As many as are closed would otherwise be among the first that are opened here.
void open_missing_streams() {
  pollfd streams[] = {{0, 0, 0}, {1, 0, 0}, {2, 0, 0}};
  if (::poll(streams, 3, 0) <= 0) return;
  for (const pollfd& stream : streams)
    if (stream.revents & POLLNVAL) ::open("/dev/null", O_RDWR | O_CLOEXEC);
}

/// A container shall not inherit what the caller ignores and blocks; the kernel resets neither
/// (CLONE_CLEAR_SIGHAND leaves what is ignored). Not by signal(3), which refuses 32 and 33, the C
/// library's own: posix_spawn(3) ignores these for its children.
void reset_signals() {
  struct {
    void (*handler)(int);
    unsigned long flags, restorer, mask;
  } constexpr by_default = {SIG_DFL, 0, 0, 0};
  for (int signal = 1; signal < 65; ++signal)
    ::syscall(SYS_rt_sigaction, signal, &by_default, nullptr, sizeof by_default.mask);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

bundle::Host Context::host() const {
  bundle::Host host = bundle::probe(root, cgroup_manager);
  host.warn = [this](const std::string& message) { log.warning(message); };
  return host;
}

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(1, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno(errno, "write", "standard output");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace containerlib::oci_command

int main(int argc, char** argv) {
  using namespace containerlib;
  oci_command::open_missing_streams();
  oci_command::reset_signals();
  oci_command::Log log;
  try {
    return oci_command::dispatch(argv, {argv + 1, argv + argc}, log);
  } catch (const Error& error) {
    log.error(oci_command::message_of(error));
    return oci_command::exit_status_of(error);
  } catch (const std::exception& error) {
    log.error(error.what());
    return 1;
  }
}
