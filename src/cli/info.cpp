#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "cli/format.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

json::object describe(const HostInfo& host) {
  json::array controllers, features;
  for (const HostInfo::Controller& each : host.controllers)
    controllers.push_back(json::object{{"Name", each.name},
                                       {"Usable", !each.version.empty()},
                                       {"Version", each.version},
                                       {"Path", each.path},
                                       {"Reason", each.reason}});
  for (const HostInfo::Feature& each : host.features)
    features.push_back(
        json::object{{"Name", each.name}, {"Available", each.available}, {"Detail", each.detail}});
  return {{"ServerVersion", containerlib::version()},
          {"KernelVersion", host.kernel},
          {"Rootless", host.rootless},
          {"CgroupLayout", host.cgroup_layout},
          {"Controllers", std::move(controllers)},
          {"Features", std::move(features)},
          {"Root", host.root.string()},
          {"RunRoot", host.run_root.string()},
          {"Images", host.images},
          {"Containers", host.containers}};
}

std::string controller_text(const HostInfo::Controller& each) {
  if (each.version.empty()) return fmt::format("no   {}", each.reason);
  return fmt::format("{}   {}", each.version, each.path);
}

void print(const HostInfo& host) {
  std::size_t width = 0;
  for (const auto& each : host.controllers) width = std::max(width, each.name.size());
  for (const auto& each : host.features) width = std::max(width, each.name.size());
  fmt::print("Version:    {}\nKernel:     {}\nUser:       {}\n", containerlib::version(),
             host.kernel, host.rootless ? "rootless" : "root");
  fmt::print("Data:       {}\nState:      {}\n", host.root.string(), host.run_root.string());
  fmt::print("Images:     {}\nContainers: {}\n", host.images, host.containers);
  fmt::print("\nCgroups:    {}\n", host.cgroup_layout);
  for (const HostInfo::Controller& each : host.controllers)
    fmt::print("  {:<{}}   {}\n", each.name, width, controller_text(each));
  fmt::print("\nFeatures:\n");
  for (const HostInfo::Feature& each : host.features)
    fmt::print("  {:<{}}   {:<3}  {}\n", each.name, width, each.available ? "yes" : "no",
               each.detail);
}

void print_as(const std::string& format, const json::object& value) {
  if (format == "json")
    fmt::print("{}\n", json::serialize(value));
  else
    fmt::print("{}\n", Template(format).render(value));
}

}  // namespace

int version(Context&, const Arguments& arguments) {
  CommandLine line("version [OPTIONS]", "Show the version.");
  std::string format;
  line.add_value("-f,--format", format, "json, or a Go template: {{.Version}}", "FORMAT");
  if (!line.read(arguments)) return 0;
  if (format.empty())
    fmt::print("containerlib version {}\n", containerlib::version());
  else
    print_as(format, {{"Version", containerlib::version()}});
  return 0;
}

int info(Context& context, const Arguments& arguments) {
  CommandLine line("info [OPTIONS]", "Show what this host can do, and why not.");
  std::string format;
  line.add_value("-f,--format", format, "json, or a Go template: {{.CgroupLayout}}", "FORMAT");
  if (!line.read(arguments)) return 0;
  const HostInfo host = context.runtime().info();
  if (format.empty())
    print(host);
  else
    print_as(format, describe(host));
  return 0;
}

}  // namespace containerlib::cli
