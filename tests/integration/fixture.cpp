#include "integration/fixture.hpp"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "integration/busybox_root.hpp"

namespace fs = std::filesystem;

namespace tests {
namespace {

fs::path make_scratch() {
  const char* folder = std::getenv("TMPDIR");
  std::string name = std::string(folder ? folder : "/tmp") + "/containerlib-test-XXXXXX";
  if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
  return name;
}

}  // namespace

Host::Host() : scratch(make_scratch()), root(scratch / "data"), run_root(scratch / "run") {
  make_busybox_root(busybox_root());
  cl::Runtime runtime(options());
  runtime.import(busybox_root(), {.tag = "busybox:latest", .command = {"sh"}});
}

Host::~Host() {
  // Rootless, some of it may belong to subordinate ids: those are the library's to remove.
  try {
    cl::Runtime runtime(options());
    for (const cl::Image& image : runtime.images())
      (void)runtime.try_remove_image(image.id(), true).has_value();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "clean up: %s\n", error.what());
  }
  std::error_code error;
  fs::remove_all(scratch, error);
}

Host& Host::get() {
  static Host host;
  return host;
}

cl::RuntimeOptions Host::options() const { return {.root = root, .run_root = run_root}; }

Containers::Containers() {
  adopt_orphans();
  before_ = traces({host.root, host.run_root});
  runtime_.emplace(host.options());
  busybox_.emplace(runtime_->image("busybox"));
}

Containers::~Containers() {
  close();
  const std::string left = left_since(before_, {host.root, host.run_root});
  CHECK_MESSAGE(left.empty(), "left behind:\n" << left);
}

void Containers::close() {
  busybox_.reset();
  runtime_.reset();
}

cl::Completed Containers::run(Args args, cl::ContainerOptions options) {
  options.args = std::move(args);
  return runtime().run(busybox(), options);
}

std::string Containers::shell(const std::string& script, cl::ContainerOptions options) {
  const cl::Completed done = run({"sh", "-c", script}, std::move(options));
  CHECK_MESSAGE(done.status.success(), script << ": " << done.status.message() << "\n" << done.err);
  return without_newline(done.out);
}

cl::Container Containers::start(Args args, cl::ContainerOptions options) {
  options.args = std::move(args);
  return runtime().start(busybox(), options);
}

int monitor_of(int pid) {
  for (const std::string& line : lines_of(read_file("/proc/" + std::to_string(pid) + "/status"))) {
    if (!line.starts_with("PPid:")) continue;
    const std::string parent = line.substr(line.find_last_of("\t ") + 1);
    // Tests kill what this returns.
    if (read_file("/proc/" + parent + "/comm") == "containerlib-mo\n") return std::stoi(parent);
  }
  throw std::runtime_error("no monitor of process " + std::to_string(pid));
}

int monitor_of(const cl::Container& container) { return monitor_of(container.inspect().pid); }

bool has_ids() {
  if (is_root()) return true;
  const passwd* user = ::getpwuid(::geteuid());
  if (!user || !has_program("newuidmap")) return false;
  for (const std::string& line : lines_of(read_file("/etc/subuid")))
    if (line.starts_with(std::string(user->pw_name) + ":")) return true;
  return false;
}

std::string no_controller(const cl::Runtime& runtime, const std::string& name) {
  for (const cl::HostInfo::Controller& controller : runtime.info().controllers)
    if (controller.name == name)
      return controller.version.empty() ? name + ": " + controller.reason : "";
  return name + ": not known to this kernel";
}

std::string without_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace tests
