#include "runtime/run.hpp"

#include <csignal>
#include <ctime>

#include "runtime/collect.hpp"
#include "runtime/engine.hpp"
#include "runtime/identity.hpp"
#include "runtime/invalid.hpp"
#include "runtime/launch.hpp"
#include "runtime/life_file.hpp"

namespace containerlib::runtime {
namespace {

void check_options(const ContainerOptions& options) {
  refuse_pipes(options.in, options.out, options.err, "start()");
  if (options.on_host_death == HostDeath::detach)
    invalid("on_host_death", "run() waits for the end; use start()");
}

/// Removes the directory of a start that failed.
class Directory {
 public:
  Directory(Engine& engine, const std::string& id) : engine_(&engine), id_(id) {}
  Directory(const Directory&) = delete;
  ~Directory() {
    if (engine_) try {
        engine_->store().remove_container_dir(id_);
      } catch (const std::exception& error) {
        engine_->log(LogLevel::warning, error.what());
      }
  }
  void belongs_to_monitor() noexcept { engine_ = nullptr; }

 private:
  Engine* engine_;
  const std::string& id_;
};

}  // namespace

Completed run(Engine& engine, const ImageHandle& image, const ContainerOptions& options) {
  check_options(options);
  const std::string id = new_id();
  StopCheck stop(engine, "run container", options.name, options.stop);
  stop.check();
  Definition definition = define(options, image.config(), id);
  definition.auto_remove = true;
  const Fd image_in_use = engine.store().hold_image(image.record());
  const auto layers = image.layers(engine.store().lowers(image.record()));
  Prepared prepared = prepare(engine, id, definition, *layers);

  std::unique_ptr<monitor::Session> session;
  OpenStreams streams =
      open_streams({options.in, options.out, options.err, options.tty}, Capture::pipe);
  {
    LiveState state;
    state.kind = LiveState::Kind::ephemeral;
    state.name = options.name;
    state.cgroups = prepared.cgroups;
    state.tree = engine.store().container_dir(id);
    HeldState held = hold_state(engine, id, state, Errc::in_use, "run container");
    Directory directory(engine, id);
    const Fd in_use = make_directories(engine, id, layers->root_mode);
    session = launch(engine, prepared, held,
                     {.id = id,
                      .definition = &definition,
                      .streams = &streams,
                      .remove_after = true,
                      .hold = {image_in_use.get(), in_use.get()}});
    directory.belongs_to_monitor();
    for (Fd& end : streams.process) end.reset();
  }
  Fd out = options.tty ? std::move(session->terminal) : std::move(streams.host[1]);
  Collected collected =
      collect(*session, std::move(out), std::move(streams.host[2]), options.timeout, stop);
  session->wait_cleaned(Milliseconds(-1));
  Completed completed;
  completed.status = to_status(collected.exit, definition.limits.memory);
  if (collected.timed_out) completed.status = {ExitStatus::Kind::timed_out, SIGKILL, {}};
  completed.out = std::move(collected.out);
  completed.err = std::move(collected.err);
  return completed;
}

}  // namespace containerlib::runtime
