#include "integration/host_load.hpp"

#include "integration/host_state.hpp"

namespace tests {
namespace {

/// Throws unless the calling thread is as it was when this was made.
class SameThread {
 public:
  void after(const char* call) const {
    if (thread_state() != before_) throw std::runtime_error(std::string("changed by ") + call);
  }

 private:
  const std::string before_ = thread_state();
};

void expect(bool right, const char* what) {
  if (!right) throw std::runtime_error(std::string(what) + ": wrong");
}

}  // namespace

Sampler::Sampler() : thread_([this] { sample(); }) {
  while (!ready_) std::this_thread::sleep_for(1ms);
}

void Sampler::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Sampler::sample() {
  ready_ = true;
  while (!begun_ && !stop_) std::this_thread::sleep_for(1ms);
  const HostState first = HostState::now();
  const auto inherited = inheritable_descriptors();
  while (!stop_) {
    ++looks_;
    seen_ += first.differences(HostState::now());
    for (const auto& [fd, target] : inheritable_descriptors())
      if (!inherited.contains(fd)) seen_ += "descriptor without close-on-exec: " + target + "\n";
    std::this_thread::sleep_for(500us);
    if (seen_.size() > 10000) break;
  }
}

void use_containers(cl::Runtime& runtime, const cl::Image& image) {
  const SameThread same;
  expect(runtime.run(image, {.args = {"echo", "hello"}}).out == "hello\n", "output");
  same.after("run");
  cl::Container container = runtime.start(image, {.args = {"sleep", "60"}});
  same.after("start");
  expect(container.exec({"true"}).status.success(), "exec");
  same.after("exec");
  expect(container.stop(0ms).shell_code() == 137, "status");
  same.after("stop");
}

void use_everything(cl::Runtime& runtime, const cl::Image& image) {
  const SameThread same;
  expect(!runtime.plan(image, {.args = {"true"}}).empty(), "plan");
  const auto failed = runtime.try_run(image, {.args = {"/no/such/program"}});
  expect(!failed && failed.error().code() == cl::Errc::command_not_found, "missing program");
  same.after("a start that fails");
  cl::Container container =
      runtime.start(image, {.args = {"sh", "-c", "echo a; echo b >&2; exec sleep 60"}});
  same.after("start");
  cl::Process process = container.spawn({"sh", "-c", "exit 3"});
  expect(process.wait().code == 3, "process");
  same.after("spawn");
  (void)container.try_stats();
  (void)container.inspect();
  (void)runtime.containers();
  (void)runtime.info();
  expect(runtime.find(container.id()).has_value(), "find");
  same.after("looking at it");
  (void)container.try_pause();
  (void)container.try_resume();
  same.after("pause");
  std::size_t lines = 0;
  for (const cl::LogLine& line : container.logs()) lines += !line.text.empty();
  expect(lines <= 2, "log");
  container.kill();
  expect(container.wait().shell_code() == 137, "status");
  same.after("kill");
  container.start();
  same.after("the second start");
  container.remove(true);
  same.after("remove");
}

Users::Users(cl::Runtime& runtime, int number, Work work)
    : runtime_(runtime), image_(runtime.image("busybox")), work_(std::move(work)) {
  for (int i = 0; i < number; ++i) threads_.emplace_back([this] { use(); });
  while (waiting_ < number) std::this_thread::sleep_for(1ms);
}

Users::~Users() {
  leave_ = true;
  for (std::thread& thread : threads_) thread.join();
}

std::string Users::begin() {
  begun_ = true;
  while (done_ < int(threads_.size())) std::this_thread::sleep_for(1ms);
  return wrong_;
}

void Users::use() {
  ++waiting_;
  while (!begun_ && !leave_) std::this_thread::sleep_for(1ms);
  try {
    if (begun_) work_(runtime_, image_);
  } catch (const std::exception& error) {
    const std::lock_guard lock(mutex_);
    wrong_ += std::string(error.what()) + "\n";
  }
  ++done_;
  while (!leave_) std::this_thread::sleep_for(1ms);
}

}  // namespace tests
