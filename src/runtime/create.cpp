#include "runtime/create.hpp"

#include "base/error.hpp"
#include "runtime/definition_json.hpp"
#include "runtime/engine.hpp"
#include "runtime/identity.hpp"
#include "runtime/launch.hpp"
#include "runtime/life_file.hpp"
#include "runtime/recovery.hpp"
#include "runtime/state_file.hpp"
#include "runtime/text_file.hpp"

namespace containerlib::runtime {
namespace {

Identity describe(const ImageHandle& image, const ContainerOptions& options) {
  Identity out;
  out.id = new_id();
  out.name = options.name;
  out.image_id = image.record().id.text();
  out.created_ns = now_ns();
  out.stored = {image.name(), define(options, image.config(), out.id)};
  return out;
}

/// Finds a name where none was given. A name may still belong to a record whose container the
/// monitor has removed.
void add_record(Engine& engine, Identity& identity) {
  store::ContainerRecord record{identity.id, identity.name, identity.image_id, identity.created_ns,
                                to_json(identity.stored)};
  if (!identity.name.empty()) {
    if (engine.store().try_add_container(record)) return;
    forget_removed(engine);
    return engine.store().add_container(record);
  }
  do {
    record.name = new_name();
  } while (!engine.store().try_add_container(record));
  identity.name = record.name;
}

/// nullptr: the monitor has removed it.
std::unique_ptr<Instance> to_instance(const std::shared_ptr<Engine>& engine,
                                      const store::ContainerRecord& record) {
  if (!exists(engine->store().container_dir(record.id))) {
    engine->store().remove_container(record.id);
    return nullptr;
  }
  Identity identity{record.id, record.name, record.image_id, record.created,
                    from_json(record.json, record.id)};
  StreamOptions streams;
  streams.tty = identity.stored.definition.tty;
  return std::make_unique<Instance>(engine, std::move(identity), streams);
}

StreamOptions stream_options(const ContainerOptions& options) {
  return {options.in, options.out, options.err, options.tty};
}

/// What has been made of a container goes with the object, unless all of it was made.
class Unfinished {
 public:
  Unfinished(Engine& engine, std::string id) : engine_(&engine), id_(std::move(id)) {}
  Unfinished(const Unfinished&) = delete;
  ~Unfinished() {
    if (engine_) try {
        engine_->store().remove_container_dir(id_);
        engine_->store().remove_container(id_);
      } catch (const std::exception& error) {
        engine_->log(LogLevel::warning, error.what());
      }
  }
  void finish() noexcept { engine_ = nullptr; }

 private:
  Engine* engine_;
  std::string id_;
};

}  // namespace

std::unique_ptr<Instance> create(const std::shared_ptr<Engine>& shared, const ImageHandle& image,
                                 const ContainerOptions& options) {
  Engine& engine = *shared;
  Identity identity = describe(image, options);
  const auto layers = image.layers();
  check(engine, identity.stored.definition, *layers);
  StreamOptions streams = stream_options(options);
  open_streams(streams, Capture::log);  // for what is wrong with them
  LiveState state;
  state.tree = engine.store().container_dir(identity.id);
  const HeldState held = hold_state(engine, identity.id, state, Errc::in_use, "create container");
  Unfinished unfinished(engine, identity.id);
  const Fd in_use = make_directories(engine, identity.id, layers->root_mode);
  make_life(engine.store().container_dir(identity.id), {});
  add_record(engine, identity);
  unfinished.finish();
  return std::make_unique<Instance>(shared, std::move(identity), std::move(streams), true);
}

std::unique_ptr<Instance> start_new(const std::shared_ptr<Engine>& shared, const ImageHandle& image,
                                    Identity identity, StreamOptions streams,
                                    const HowToStart& how) {
  Engine& engine = *shared;
  const std::string id = identity.id;
  const Definition definition = identity.stored.definition;
  const auto layers = image.layers();
  Prepared prepared = how.prepare(id, definition, *layers);
  HeldState held = hold_state(
      engine, id, live_state(definition, prepared, engine.store().container_dir(id), true),
      Errc::in_use, "create container");
  Unfinished unfinished(engine, id);
  const Fd in_use = make_directories(engine, id, layers->root_mode);
  Claim life = make_life(engine.store().container_dir(id), {{}, engine.run_root()});
  add_record(engine, identity);
  // From here on the layers stay; before, they may have been removed and loaded again.
  if (const auto now = image.layers(engine.store().container_lowers(id)); now != layers)
    prepared = how.prepare(id, definition, *now);
  auto instance = std::make_unique<Instance>(shared, std::move(identity), std::move(streams), true);
  how.launch(*instance, std::move(prepared), held, std::move(life), in_use);
  unfinished.finish();
  return instance;
}

std::unique_ptr<Instance> start(const std::shared_ptr<Engine>& shared, const ImageHandle& image,
                                const ContainerOptions& options) {
  return start_new(
      shared, image, describe(image, options), stream_options(options),
      {.prepare =
           [&](const std::string& id, const Definition& definition, const ImageLayers& layers) {
             return prepare(*shared, id, definition, layers);
           },
       .launch =
           [](Instance& instance, Prepared prepared, HeldState& held, Claim life,
              const Fd& in_use) {
             instance.launch(std::move(prepared), held, std::move(life), in_use);
           }});
}

std::string plan(Engine& engine, const ImageHandle& image, const ContainerOptions& options) {
  return print_plan(engine, describe(image, options).stored.definition, *image.layers());
}

std::unique_ptr<Instance> find(const std::shared_ptr<Engine>& engine, std::string_view text) {
  const auto record = engine->store().find_container(text);
  return record ? to_instance(engine, *record) : nullptr;
}

std::vector<std::unique_ptr<Instance>> list(const std::shared_ptr<Engine>& engine) {
  std::vector<std::unique_ptr<Instance>> out;
  for (const store::ContainerRecord& record : engine->store().containers()) try {
      if (auto instance = to_instance(engine, record)) out.push_back(std::move(instance));
    } catch (const Error& error) {
      engine->log(LogLevel::warning, error.what());
    }
  return out;
}

}  // namespace containerlib::runtime
