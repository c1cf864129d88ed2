#include "bundle/systemd/scope.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "base/error.hpp"
#include "bundle/systemd/bus.hpp"

namespace containerlib::bundle {
namespace {

constexpr const char* destination = "org.freedesktop.systemd1";
constexpr const char* path = "/org/freedesktop/systemd1";
constexpr const char* interface = "org.freedesktop.systemd1.Manager";
constexpr std::chrono::seconds patience{30};

std::uint64_t microseconds(std::chrono::microseconds time) {
  return static_cast<std::uint64_t>(time.count());
}

/// Of the user's systemd. By its address, because libsystemd looks for it by our uid, which is
/// another one in a user namespace.
std::string user_bus() {
  if (const char* address = std::getenv("DBUS_SESSION_BUS_ADDRESS")) return address;
  if (const char* directory = std::getenv("XDG_RUNTIME_DIR"))
    return std::string("unix:path=") + directory + "/bus";
  return "unix:path=/run/user/" + std::to_string(::geteuid()) + "/bus";
}

struct Message {
  const SdBus& sd;
  sd_bus_message* raw = nullptr;
  explicit Message(const SdBus& functions) : sd(functions) {}
  Message(const Message&) = delete;
  ~Message() {
    if (raw) sd.message_unref(raw);
  }
  void check(int result) const {
    if (result < 0) throw_errno(-result, "write message to", "systemd");
  }
  void text(const char* value) { check(sd.append_basic(raw, 's', value)); }
  void text(const std::string& value) { text(value.c_str()); }
  void open(char type, const char* contents) { check(sd.open_container(raw, type, contents)); }
  void close() { check(sd.close_container(raw)); }
  template <class Number>
  void number(char type, Number value) {
    check(sd.append_basic(raw, type, &value));
  }
  template <class Item>
  void array(char type, const std::vector<Item>& items) {
    check(sd.append_array(raw, type, items.data(), items.size() * sizeof(Item)));
  }
};

/// One value as a variant.
struct Variant {
  Message& to;
  template <class Number>
  void number(const char* type, Number value) const {
    to.open('v', type);
    to.number(type[0], value);
    to.close();
  }
  void operator()(bool value) const { number("b", static_cast<int>(value)); }
  void operator()(std::uint64_t value) const { number("t", value); }
  void operator()(std::int64_t value) const { number("x", value); }
  void operator()(std::uint32_t value) const { number("u", value); }
  void operator()(std::int32_t value) const { number("i", value); }
  void operator()(double value) const { number("d", value); }
  void operator()(const std::string& value) const {
    to.open('v', "s");
    to.text(value);
    to.close();
  }
  void operator()(const std::vector<std::string>& values) const {
    to.open('v', "as");
    to.open('a', "s");
    for (const std::string& value : values) to.text(value);
    to.close();
    to.close();
  }
  void operator()(const std::vector<std::uint8_t>& value) const {
    to.open('v', "ay");
    to.array('y', value);
    to.close();
  }
};

void add_property(Message& to, const Property& property) {
  to.open('r', "sv");
  to.text(property.name);
  std::visit(Variant{to}, property.value);
  to.close();
}

std::vector<Property> common_properties(const ScopeRequest& request) {
  // Accounting makes systemd give the scope these controllers.
  return {{"Description", request.description},
          {"Slice", request.name.slice},
          {"Delegate", true},
          {"DefaultDependencies", false},
          {"MemoryAccounting", true},
          {"CPUAccounting", true},
          {"TasksAccounting", true},
          {"IOAccounting", true}};
}

/// Jobs that have ended, which signals tell: perhaps before we know which is ours.
struct Jobs {
  const SdBus& sd;
  std::vector<std::pair<std::string, std::string>> ended = {};

  /// JobRemoved: id, job, unit, result.
  static int told(sd_bus_message* message, void* self, sd_bus_error*) {
    Jobs& jobs = *static_cast<Jobs*>(self);
    std::uint32_t id = 0;
    const char *job = nullptr, *unit = nullptr, *result = nullptr;
    if (jobs.sd.read_basic(message, 'u', &id) > 0 && jobs.sd.read_basic(message, 'o', &job) > 0 &&
        jobs.sd.read_basic(message, 's', &unit) > 0 &&
        jobs.sd.read_basic(message, 's', &result) > 0)
      jobs.ended.emplace_back(job, result);
    return 0;
  }
  const std::string* result_of(const std::string& wanted) const {
    for (const auto& [job, result] : ended)
      if (job == wanted) return &result;
    return nullptr;
  }
};

}  // namespace

struct Systemd::Connection {
  const SdBus& sd = sd_bus_functions();
  sd_bus* raw = nullptr;
  Jobs jobs{sd};

  Connection() = default;
  Connection(const Connection&) = delete;
  ~Connection() {
    if (raw) sd.flush_close_unref(raw);
  }
  void connect(bool user) {
    int r = 0;
    if (user) {
      const std::string address = user_bus();
      r = sd.bus_new(&raw);
      if (r >= 0) r = sd.set_address(raw, address.c_str());
      if (r >= 0) r = sd.set_bus_client(raw, 1);
      if (r >= 0) r = sd.start(raw);
    } else {
      r = sd.open_system(&raw);
    }
    if (r < 0)
      throw_errno(-r, user ? "connect to the user's" : "connect to the system's", "systemd");
  }

  /// Calls a method of systemd. `path_out`, when it is wanted: the object path that is answered.
  /// False: it has answered with the error `accepted`.
  bool call(const char* method, const std::string& unit, const std::function<void(Message&)>& fill,
            std::string* path_out = nullptr, const char* accepted = nullptr) {
    Message message(sd), reply(sd);
    message.check(sd.new_method_call(raw, &message.raw, destination, path, interface, method));
    fill(message);
    sd_bus_error error;
    const int r = sd.call(raw, message.raw, microseconds(patience), &error, &reply.raw);
    if (r < 0) {
      const std::string name = error.name ? error.name : "",
                        why = error.message ? error.message : "";
      sd.error_free(&error);
      if (accepted && name == accepted) return false;
      throw_errno(-r, std::string("ask systemd for ") + method, unit, printable(why));
    }
    const char* text = nullptr;
    if (path_out && sd.read_basic(reply.raw, 'o', &text) > 0) *path_out = text;
    return true;
  }

  void watch_jobs() {
    Message(sd).check(sd.add_match(raw, nullptr,
                                   "type='signal',sender='org.freedesktop.systemd1',"
                                   "interface='org.freedesktop.systemd1.Manager',"
                                   "member='JobRemoved',path='/org/freedesktop/systemd1'",
                                   &Jobs::told, &jobs));
  }

  /// Until the job has ended: its result ("done").
  std::string await(const std::string& job, const std::string& unit) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      int r = sd.process(raw, nullptr);
      if (const std::string* result = jobs.result_of(job)) return *result;
      if (r > 0) continue;
      const auto left =
          std::chrono::ceil<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) throw_error(Errc::timed_out, "wait for systemd's job for", unit);
      if (r == 0) r = sd.wait(raw, microseconds(left));
      if (r < 0 && r != -EINTR) throw_errno(-r, "wait for systemd's job for", unit);
    }
  }
};

Systemd::Systemd(bool user) {
  // sd_booted(3)
  if (::access("/run/systemd/system/", F_OK) != 0)
    throw_error(Errc::unsupported, "use systemd", "--cgroup-manager systemd",
                "systemd is not running");
  bus_ = std::make_unique<Connection>();
  bus_->connect(user);
  bus_->watch_jobs();
}

Systemd::~Systemd() = default;

std::string Systemd::own_group() {
  char* group = nullptr;
  sd_bus_error error;
  const int r = bus_->sd.get_property_string(bus_->raw, destination, path, interface,
                                             "ControlGroup", &error, &group);
  bus_->sd.error_free(&error);
  if (r < 0) throw_errno(-r, "ask systemd for its", "ControlGroup");
  const std::string own = group;
  std::free(group);
  return own == "/" ? "" : own;
}

void Systemd::start(const ScopeRequest& request) {
  const std::string& unit = request.name.unit;
  std::string job;
  bus_->call(
      "StartTransientUnit", unit,
      [&](Message& to) {
        to.text(unit);
        to.text("replace");
        to.open('a', "(sv)");
        for (const Property& property : common_properties(request)) add_property(to, property);
        to.open('r', "sv");
        to.text("PIDs");
        to.open('v', "au");
        to.array('u', std::vector<std::uint32_t>{static_cast<std::uint32_t>(request.pid)});
        to.close();
        to.close();
        for (const Property& property : request.properties) add_property(to, property);
        to.close();
        to.open('a', "(sa(sv))");
        to.close();
      },
      &job);
  const std::string result = bus_->await(job, unit);
  if (result != "done")
    throw_error(Errc::in_use, "start systemd unit", unit,
                "its job ended with " + printable(result));
}

void Systemd::set_properties(const std::string& unit, const std::vector<Property>& properties) {
  if (properties.empty()) return;
  bus_->call("SetUnitProperties", unit, [&](Message& to) {
    to.text(unit);
    to.number('b', 1);  // not kept over a reboot
    to.open('a', "(sv)");
    for (const Property& property : properties) add_property(to, property);
    to.close();
  });
}

void Systemd::stop(const std::string& unit) {
  constexpr const char* no_such_unit = "org.freedesktop.systemd1.NoSuchUnit";
  std::string job;
  const auto stop_it = [&](Message& to) {
    to.text(unit);
    to.text("replace");
  };
  if (bus_->call("StopUnit", unit, stop_it, &job, no_such_unit)) bus_->await(job, unit);
  bus_->call(
      "ResetFailedUnit", unit, [&](Message& to) { to.text(unit); }, nullptr, no_such_unit);
}

}  // namespace containerlib::bundle
