#include "cli/context.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <thread>

namespace containerlib::cli {

Runtime& Context::runtime() {
  if (!runtime_) {
    options.on_log = [debug = debug](LogLevel level, std::string_view line) {
      if (level == LogLevel::warning)
        fmt::print(stderr, "containerlib: warning: {}\n", line);
      else if (debug)
        fmt::print(stderr, "containerlib: {}\n", line);
    };
    runtime_.emplace(options);
  }
  return *runtime_;
}

std::optional<Container> Context::find(const std::string& name_or_id) {
  return runtime().find(name_or_id.starts_with('/') ? name_or_id.substr(1) : name_or_id);
}

Container Context::container(const std::string& name_or_id) {
  std::optional<Container> found = find(name_or_id);
  if (!found) throw Error(Errc::container_not_found, "find container", name_or_id);
  return std::move(*found);
}

int for_each(const std::vector<std::string>& names,
             const std::function<void(const std::string& name)>& work) {
  int code = 0;
  for (const std::string& name : names) {
    try {
      work(name);
    } catch (const std::exception& error) {
      complain(error);
      code = 1;
    }
  }
  return code;
}

int for_each_at_once(const std::vector<std::string>& names,
                     const std::function<void(const std::string& name)>& work) {
  std::atomic<int> code = 0;
  std::vector<std::jthread> threads;
  for (const std::string& name : names)
    threads.emplace_back([&] { code = for_each({name}, work) | code; });
  threads.clear();
  return code;
}

void complain(const std::exception& error) { fmt::print(stderr, "Error: {}\n", error.what()); }

}  // namespace containerlib::cli
