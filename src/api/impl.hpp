#pragma once
#include <containerlib/runtime.hpp>

#include <memory>
#include <mutex>

#include "runtime/command.hpp"
#include "runtime/engine.hpp"
#include "runtime/image_handle.hpp"
#include "runtime/instance.hpp"

CONTAINERLIB_BEGIN_NAMESPACE

struct Runtime::Impl {
  explicit Impl(const RuntimeOptions& options)
      : engine(std::make_shared<runtime::Engine>(options)) {}
  std::shared_ptr<runtime::Engine> engine;
};

/// What a call on a Runtime works with; throws in a forked child.
inline const std::shared_ptr<runtime::Engine>& use(const std::shared_ptr<Runtime::Impl>& impl,
                                                   const char* operation) {
  impl->engine->check_process(operation);
  return impl->engine;
}

struct Image::Impl {
  Impl(std::shared_ptr<runtime::Engine> engine, store::ImageRecord record,
       std::string_view called = {}, std::vector<std::string> loaded = {})
      : handle(std::move(engine), std::move(record), called), loaded_names(std::move(loaded)) {}
  runtime::ImageHandle handle;
  std::vector<std::string> loaded_names;
};

struct Container::Impl {
  std::unique_ptr<runtime::Instance> instance;
};

struct Process::Impl {
  runtime::Command command;
  std::mutex mutex = {};  ///< of the descriptors in `command`
  ~Impl();
  Fd take(Fd& from) {
    const std::lock_guard lock(mutex);
    return std::move(from);
  }
};

struct LogReader::Impl {
  runtime::LogFile file;
};

CONTAINERLIB_END_NAMESPACE
