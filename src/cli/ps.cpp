#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "cli/describe.hpp"
#include "cli/filter.hpp"
#include "cli/quantity.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

std::string joined_labels(const ContainerInfo& info) {
  std::string text;
  for (const auto& [name, value] : info.labels)
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, value);
  return text;
}

std::string joined_mounts(const ContainerInfo& info) {
  std::string text;
  for (const Mount& mount : info.mounts)
    if (!mount.source.empty()) text += (text.empty() ? "" : ",") + mount.source.string();
  return text;
}

std::string quoted_command(const ContainerInfo& info, bool full) {
  const std::string command = fmt::format("{}", fmt::join(info.args, " "));
  return json::serialize(json::string(full ? command : shortened(command, 20)));
}

json::object row_of(const ContainerInfo& info, bool full, Time now) {
  json::object labels;
  for (const auto& [name, value] : info.labels) labels[name] = value;
  return {{"Command", quoted_command(info, full)},
          {"CreatedAt", long_time(info.created)},
          {"ID", full ? info.id : short_id(info.id)},
          {"Image", familiar_name(info.image)},
          {"Label", labels},
          {"Labels", joined_labels(info)},
          {"Mounts", joined_mounts(info)},
          {"Names", info.name},
          {"Networks", info.network == Network::host ? "host" : "none"},
          {"Ports", ""},
          {"RunningFor", ago(info.created, now)},
          {"State", to_string(info.state)},
          {"Status", status_text(info, now)}};
}

const std::map<std::string, std::string> headers = {
    {"Command", "COMMAND"}, {"CreatedAt", "CREATED AT"}, {"ID", "CONTAINER ID"},
    {"Image", "IMAGE"},     {"Label", "LABEL"},          {"Labels", "LABELS"},
    {"Mounts", "MOUNTS"},   {"Names", "NAMES"},          {"Networks", "NETWORKS"},
    {"Ports", "PORTS"},     {"RunningFor", "CREATED"},   {"State", "STATE"},
    {"Status", "STATUS"}};

struct Selection {
  bool all = false, latest = false;
  std::string last = {};
  std::vector<std::string> filters = {};
};

std::vector<ContainerInfo> selected(const std::vector<ContainerInfo>& all,
                                    const Selection& selection) {
  const ContainerFilter filter(selection.filters, all);
  const bool counted = selection.latest || !selection.last.empty();
  const auto most = selection.latest ? 1
                    : counted        ? parse_number("--last", selection.last, -1, 1 << 30)
                                     : -1;
  std::vector<ContainerInfo> infos;
  for (const ContainerInfo& info : all) {
    if (most >= 0 && infos.size() == static_cast<std::size_t>(most)) break;
    const bool runs = info.state == ContainerState::running || info.state == ContainerState::paused;
    const bool any_state = selection.all || counted || filter.by_state();
    if ((runs || any_state) && filter.matches(info)) infos.push_back(info);
  }
  return infos;
}

}  // namespace

int ps(Context& context, const Arguments& arguments) {
  CommandLine line("ps [OPTIONS]", "List containers.");
  Selection selection;
  bool quiet = false, full = false;
  std::string format;
  line.add_flag("-a,--all", selection.all, "Those that do not run, too");
  line.add_flag("-l,--latest", selection.latest, "The newest only, in any state");
  line.add_value("-n,--last", selection.last, "So many of the newest, in any state", "NUMBER");
  line.add_flag("-q,--quiet", quiet, "Ids only");
  line.add_flag("--no-trunc", full, "Do not shorten");
  line.add_value("--format", format, "table, json, or a Go template: {{.ID}} {{.Names}}", "FORMAT");
  line.add_repeated("-f,--filter", selection.filters,
                    "name=, id=, status=, exited=, label=, ancestor=, before= or since=", "FILTER");
  if (!line.read(arguments)) return 0;
  Listing listing{
      "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}",
      headers,
      {}};
  const Time now = std::chrono::system_clock::now();
  for (const ContainerInfo& info : selected(context.runtime().containers(), selection))
    listing.rows.push_back(row_of(info, full, now));
  if (quiet && format.empty()) format = "{{.ID}}";
  fmt::print("{}", shown(listing, format));
  return 0;
}

}  // namespace containerlib::cli
