#pragma once
#include <cstddef>
#include <cstdint>

// libsystemd's client of D-Bus (sd-bus), loaded when it is needed, so that nobody else depends on
// it. The declarations are those of <systemd/sd-bus.h>.
namespace containerlib::bundle {

struct sd_bus;
struct sd_bus_message;
struct sd_bus_slot;
struct sd_bus_error {
  const char *name = nullptr, *message = nullptr;
  int need_free = 0;
};
using sd_bus_handler = int (*)(sd_bus_message*, void* userdata, sd_bus_error*);

/// The functions that are used here, by their names in the library.
struct SdBus {
  int (*bus_new)(sd_bus**);
  int (*open_system)(sd_bus**);
  int (*set_address)(sd_bus*, const char*);
  int (*set_bus_client)(sd_bus*, int);
  int (*start)(sd_bus*);
  sd_bus* (*flush_close_unref)(sd_bus*);
  int (*add_match)(sd_bus*, sd_bus_slot**, const char* match, sd_bus_handler, void* userdata);
  int (*process)(sd_bus*, sd_bus_message**);
  int (*wait)(sd_bus*, std::uint64_t microseconds);
  int (*call)(sd_bus*, sd_bus_message*, std::uint64_t microseconds, sd_bus_error*,
              sd_bus_message** reply);
  void (*error_free)(sd_bus_error*);
  int (*get_property_string)(sd_bus*, const char* destination, const char* path,
                             const char* interface, const char* member, sd_bus_error*, char** out);
  int (*new_method_call)(sd_bus*, sd_bus_message**, const char* destination, const char* path,
                         const char* interface, const char* member);
  sd_bus_message* (*message_unref)(sd_bus_message*);
  int (*append_basic)(sd_bus_message*, char type, const void*);
  int (*append_array)(sd_bus_message*, char type, const void*, std::size_t);
  int (*open_container)(sd_bus_message*, char type, const char* contents);
  int (*close_container)(sd_bus_message*);
  int (*read_basic)(sd_bus_message*, char type, void*);
};

/// Throws unsupported where there is no libsystemd.
const SdBus& sd_bus_functions();

}  // namespace containerlib::bundle
