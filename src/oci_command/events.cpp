#include <poll.h>

#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>
#include <optional>

#include "base/error.hpp"
#include "bundle/container.hpp"
#include "linux/cgroup_usage.hpp"
#include "linux/oom_watch.hpp"
#include "oci_command/command.hpp"
#include "oci_command/usage_json.hpp"

namespace containerlib::oci_command {
namespace {

using Clock = std::chrono::steady_clock;

/// "5s", "500ms", "1m"; a number alone is seconds.
std::chrono::milliseconds duration(const std::string& text) {
  long long count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::chrono::milliseconds out{0};
  if (unit == "ms") out = std::chrono::milliseconds(count);
  if (unit == "s" || unit.empty()) out = std::chrono::seconds(count);
  if (unit == "m") out = std::chrono::minutes(count);
  if (error != std::errc() || out.count() <= 0)
    throw_error(Errc::invalid_option, "use option", "--interval", "such as 500ms, 5s or 1m");
  return out;
}

void print_event(const char* type, const std::string& id, boost::json::object data) {
  boost::json::object event{{"type", type}, {"id", id}};
  if (!data.empty()) event["data"] = std::move(data);
  print(boost::json::serialize(event) + '\n');
}

void print_usage(const bundle::Record& record) {
  print_event("stats", record.id, to_json(sys::cgroup_usage(record.cgroups)));
}

std::optional<sys::OomWatch> watch(const bundle::Host& host, const bundle::Record& record) try {
  return sys::OomWatch(record.cgroups);
} catch (const Error& error) {
  host.warn(error.what());
  return std::nullopt;
}

/// Until the container ends.
void follow(const bundle::Host& host, const bundle::Record& record,
            std::chrono::milliseconds interval) {
  const Fd process = bundle::open_process(record);
  std::optional<sys::OomWatch> oom = watch(host, record);
  Clock::time_point next = Clock::now() + interval;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    pollfd waiting[] = {{process.get(), POLLIN, 0},
                        {oom ? oom->fd() : -1, oom ? oom->events() : short{0}, 0}};
    ::poll(waiting, 2, static_cast<int>(std::max<long>(0, left.count())));
    for (std::uint64_t kills = oom ? oom->take() : 0; kills > 0; --kills)
      print_event("oom", record.id, {});
    if (waiting[0].revents) return;
    if (oom && oom->is_gone()) oom.reset();
    if (Clock::now() < next) continue;
    print_usage(record);
    next += interval;
  }
}

}  // namespace

int events(const Context& context, const Arguments& arguments) {
  const bundle::Host host = context.host();
  const std::string& id = arguments.words()[0];
  const bundle::Record record = bundle::load_whole(bundle::ContainerDir::open(host.root, id));
  if (!bundle::open_process(record))
    throw_error(Errc::not_running, "watch container", id, "container not running");
  if (arguments.has("stats")) {
    print_usage(record);
  } else {
    follow(host, record, duration(arguments.has("interval") ? arguments.value("interval") : "5s"));
  }
  return 0;
}

}  // namespace containerlib::oci_command
