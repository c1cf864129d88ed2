#include "runtime/create.hpp"

#include "api/impl.hpp"
#include "base/error.hpp"
#include "runtime/host_info.hpp"
#include "runtime/restore.hpp"
#include "runtime/run.hpp"

CONTAINERLIB_BEGIN_NAMESPACE
namespace {

/// Images know the Runtime they are from; they are started in that one.
const runtime::ImageHandle& handle_of(runtime::Engine& engine, const Image& image) {
  const runtime::ImageHandle& handle = image.impl()->handle;
  if (handle.engine()->root() != engine.root())
    throw_error(Errc::image_not_found, "use image", image.id(), "it is from another store");
  return handle;
}

Container to_container(std::unique_ptr<runtime::Instance> instance) {
  auto impl = std::make_unique<Container::Impl>();
  impl->instance = std::move(instance);
  return Container(std::move(impl));
}

}  // namespace

std::string_view version() noexcept { return "0.1.0"; }

Runtime::Runtime(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Runtime::Runtime(const RuntimeOptions& options) : impl_(std::make_shared<Impl>(options)) {}

Result<Runtime> Runtime::open(const RuntimeOptions& options) {
  return catching([&] { return Runtime(options); });
}

Completed Runtime::run(const Image& image, const ContainerOptions& options) {
  return try_run(image, options).value();
}
Result<Completed> Runtime::try_run(const Image& image, const ContainerOptions& options) {
  return catching([&] {
    runtime::Engine& engine = *use(impl_, "run container");
    return runtime::run(engine, handle_of(engine, image), options);
  });
}

Container Runtime::start(const Image& image, const ContainerOptions& options) {
  return try_start(image, options).value();
}
Result<Container> Runtime::try_start(const Image& image, const ContainerOptions& options) {
  return catching([&] {
    runtime::Engine& engine = *use(impl_, "start container");
    return to_container(runtime::start(impl_->engine, handle_of(engine, image), options));
  });
}

Container Runtime::create(const Image& image, const ContainerOptions& options) {
  return try_create(image, options).value();
}
Result<Container> Runtime::try_create(const Image& image, const ContainerOptions& options) {
  return catching([&] {
    runtime::Engine& engine = *use(impl_, "create container");
    return to_container(runtime::create(impl_->engine, handle_of(engine, image), options));
  });
}

Container Runtime::restore(const std::filesystem::path& directory, const RestoreOptions& options) {
  return try_restore(directory, options).value();
}
Result<Container> Runtime::try_restore(const std::filesystem::path& directory,
                                       const RestoreOptions& options) {
  return catching([&] {
    return to_container(runtime::restore(use(impl_, "restore container"), directory, options));
  });
}

std::string Runtime::plan(const Image& image, const ContainerOptions& options) const {
  return try_plan(image, options).value();
}
Result<std::string> Runtime::try_plan(const Image& image, const ContainerOptions& options) const {
  return catching([&] {
    runtime::Engine& engine = *use(impl_, "plan container");
    return runtime::plan(engine, handle_of(engine, image), options);
  });
}

std::optional<Container> Runtime::find(std::string_view name_or_id) const {
  use(impl_, "find container");
  auto instance = runtime::find(impl_->engine, name_or_id);
  if (!instance) return {};
  return to_container(std::move(instance));
}

std::vector<ContainerInfo> Runtime::containers() const {
  use(impl_, "list containers");
  std::vector<ContainerInfo> out;
  for (const auto& instance : runtime::list(impl_->engine)) out.push_back(instance->inspect());
  return out;
}

HostInfo Runtime::info() const { return runtime::host_info(*use(impl_, "describe host")); }

CONTAINERLIB_END_NAMESPACE
