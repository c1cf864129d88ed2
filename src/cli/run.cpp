#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "cli/options.hpp"
#include "cli/platform.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

/// `--cidfile`: made before the container, so that no container is left when it cannot be; removed
/// again unless the id was written.
class IdFile {
 public:
  explicit IdFile(const std::string& name) : name_(name) {
    if (name.empty()) return;
    fd_.reset(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd_) throw Error({errno, std::generic_category()}, "make --cidfile", name);
  }
  ~IdFile() {
    if (fd_) unlink(name_.c_str());
  }
  IdFile(const IdFile&) = delete;
  IdFile& operator=(const IdFile&) = delete;

  void write(const std::string& id) {
    if (!fd_) return;
    if (::write(fd_.get(), id.data(), id.size()) != static_cast<ssize_t>(id.size()))
      throw Error({errno, std::generic_category()}, "write --cidfile", name_);
    fd_.reset();
  }

 private:
  std::string name_;
  Fd fd_;
};

/// An image and the command that follows it.
struct Call {
  std::string image, platform;
  ContainerOptions options;
};

Image image_of(Runtime& runtime, const Call& call) {
  Image image = runtime.image(call.image);
  check_platform(image, call.platform);
  return image;
}

Call call_of(const ContainerFlags& flags, Arguments words) {
  if (words.empty()) throw UsageError("an IMAGE is wanted");
  std::string image = std::move(words.front());
  words.erase(words.begin());
  return {std::move(image), flags.platform, flags.options(std::move(words))};
}

int run_detached(Context& context, const ContainerFlags& flags, Call call) {
  if (flags.streams.interactive && !flags.streams.tty)
    throw UsageError("-d with -i needs -t: nobody could write to its standard input");
  call.options.tty = flags.streams.tty;
  call.options.on_host_death = HostDeath::detach;
  IdFile file(flags.cidfile);
  Runtime& runtime = context.runtime();
  Container container = runtime.start(image_of(runtime, call), call.options);
  file.write(container.id());
  fmt::print("{}\n", std::move(container).detach());
  return 0;
}

int run_in_foreground(Context& context, const ContainerFlags& flags, Call call, bool sig_proxy) {
  flags.streams.check();
  flags.streams.apply(call.options);
  IdFile file(flags.cidfile);
  const SignalRelay signals(sig_proxy);
  Runtime& runtime = context.runtime();
  Container container = runtime.start(image_of(runtime, call), call.options);
  file.write(container.id());
  const std::optional<ExitStatus> status =
      attend(signals, foreground(container, flags.streams.interactive));
  if (!flags.remove) std::move(container).detach();
  return exit_code(status);
}

}  // namespace

int run(Context& context, const Arguments& arguments) {
  CommandLine line(
      "run [OPTIONS] IMAGE [COMMAND] [ARG...]",
      "Run a command in a new container.\n\n"
      "In the foreground the command's streams are this one's (nothing is kept for `logs`), "
      "signals "
      "are passed on, and the container ends with this command. With -d its output is kept.\n"
      "The exit code is the command's; 125: containerlib failed, 126: the command may not be "
      "executed, 127: there is no such command, 128 + N: it was killed by signal N.");
  ContainerFlags flags;
  flags.add_to(line);
  bool detach = false, plan = false, sig_proxy = true;
  line.add_flag("-d,--detach", detach, "Leave it running and print its id");
  line.add_flag("--sig-proxy", sig_proxy,
                "Pass signals on, which it does; with =false they end this command, and with it "
                "the container");
  line.add_flag("--plan", plan, "Print each step of the start and do none");
  std::optional<Arguments> words = line.read_leading(arguments);
  if (!words) return 0;
  Call call = call_of(flags, std::move(*words));
  if (plan) {
    call.options.tty = flags.streams.tty;
    Runtime& runtime = context.runtime();
    fmt::print("{}", runtime.plan(image_of(runtime, call), call.options));
    return 0;
  }
  return detach ? run_detached(context, flags, std::move(call))
                : run_in_foreground(context, flags, std::move(call), sig_proxy);
}

int create(Context& context, const Arguments& arguments) {
  CommandLine line("create [OPTIONS] IMAGE [COMMAND] [ARG...]",
                   "Make a container that `start` starts, and print its id.");
  ContainerFlags flags;
  flags.add_to(line);
  std::optional<Arguments> words = line.read_leading(arguments);
  if (!words) return 0;
  if (flags.streams.interactive && !flags.streams.tty)
    throw UsageError("-i needs -t here: `start` passes no standard input on");
  Call call = call_of(flags, std::move(*words));
  call.options.tty = flags.streams.tty;
  call.options.on_host_death = HostDeath::detach;
  IdFile file(flags.cidfile);
  Runtime& runtime = context.runtime();
  Container container = runtime.create(image_of(runtime, call), call.options);
  file.write(container.id());
  fmt::print("{}\n", std::move(container).detach());
  return 0;
}

}  // namespace containerlib::cli
