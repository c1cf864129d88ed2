#include "bundle/systemd/bus.hpp"

#include <dlfcn.h>

#include "base/error.hpp"

namespace containerlib::bundle {
namespace {

constexpr const char* library = "libsystemd.so.0";

[[noreturn]] void refuse() {
  const char* reason = ::dlerror();
  throw_error(Errc::unsupported, "use systemd", library, reason ? reason : "cannot be loaded");
}

template <class Function>
void find(void* handle, Function& function, const char* name) {
  void* const found = ::dlsym(handle, name);
  if (!found) refuse();
  function = reinterpret_cast<Function>(found);
}

SdBus load() {
  void* const handle = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) refuse();
  SdBus out;
  find(handle, out.bus_new, "sd_bus_new");
  find(handle, out.open_system, "sd_bus_open_system");
  find(handle, out.set_address, "sd_bus_set_address");
  find(handle, out.set_bus_client, "sd_bus_set_bus_client");
  find(handle, out.start, "sd_bus_start");
  find(handle, out.flush_close_unref, "sd_bus_flush_close_unref");
  find(handle, out.add_match, "sd_bus_add_match");
  find(handle, out.process, "sd_bus_process");
  find(handle, out.wait, "sd_bus_wait");
  find(handle, out.call, "sd_bus_call");
  find(handle, out.error_free, "sd_bus_error_free");
  find(handle, out.get_property_string, "sd_bus_get_property_string");
  find(handle, out.new_method_call, "sd_bus_message_new_method_call");
  find(handle, out.message_unref, "sd_bus_message_unref");
  find(handle, out.append_basic, "sd_bus_message_append_basic");
  find(handle, out.append_array, "sd_bus_message_append_array");
  find(handle, out.open_container, "sd_bus_message_open_container");
  find(handle, out.close_container, "sd_bus_message_close_container");
  find(handle, out.read_basic, "sd_bus_message_read_basic");
  return out;
}

}  // namespace

const SdBus& sd_bus_functions() {
  static const SdBus functions = load();
  return functions;
}

}  // namespace containerlib::bundle
