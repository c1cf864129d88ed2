#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "cli/describe.hpp"
#include "cli/quantity.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

using Filter = std::pair<std::string, std::string>;

Filter parse_filter(const std::string& text) {
  static const std::vector<std::string> known = {"ancestor", "id", "label", "name", "status"};
  const std::size_t equals = text.find('=');
  const std::string key = text.substr(0, equals);
  if (equals == std::string::npos || std::find(known.begin(), known.end(), key) == known.end())
    throw UsageError(fmt::format("invalid --filter \"{}\": one of {} with =VALUE is wanted", text,
                                 fmt::join(known, ", ")));
  return {key, text.substr(equals + 1)};
}

bool has_label(const ContainerInfo& info, const std::string& wanted) {
  const std::size_t equals = wanted.find('=');
  const auto found = info.labels.find(wanted.substr(0, equals));
  if (found == info.labels.end()) return false;
  return equals == std::string::npos || found->second == wanted.substr(equals + 1);
}

bool matches(const ContainerInfo& info, const Filter& filter) {
  const auto& [key, value] = filter;
  if (key == "name") return info.name.find(value) != std::string::npos;
  if (key == "id") return info.id.starts_with(value);
  if (key == "status") return to_string(info.state) == value;
  if (key == "label") return has_label(info, value);
  return familiar_name(info.image) == familiar_name(value) || info.image_id == value ||
         familiar_name(info.image) == familiar_name(value) + ":latest";
}

// Of one key any may match, of different keys all must.
bool matches_all(const ContainerInfo& info, const std::vector<Filter>& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) {
    return std::any_of(filters.begin(), filters.end(), [&](const Filter& other) {
      return other.first == filter.first && matches(info, other);
    });
  });
}

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
  return {{"Command", quoted_command(info, full)},
          {"CreatedAt", long_time(info.created)},
          {"ID", full ? info.id : short_id(info.id)},
          {"Image", familiar_name(info.image)},
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
    {"Command", "COMMAND"},    {"CreatedAt", "CREATED AT"}, {"ID", "CONTAINER ID"},
    {"Image", "IMAGE"},        {"Labels", "LABELS"},        {"Mounts", "MOUNTS"},
    {"Names", "NAMES"},        {"Networks", "NETWORKS"},    {"Ports", "PORTS"},
    {"RunningFor", "CREATED"}, {"State", "STATE"},          {"Status", "STATUS"}};

struct Selection {
  bool all = false, latest = false;
  std::string last = {};
  std::vector<Filter> filters = {};
};

std::vector<ContainerInfo> selected(std::vector<ContainerInfo> infos, const Selection& selection) {
  const bool counted = selection.latest || !selection.last.empty();
  const bool by_status = std::any_of(selection.filters.begin(), selection.filters.end(),
                                     [](const Filter& filter) { return filter.first == "status"; });
  std::erase_if(infos, [&](const ContainerInfo& info) {
    const bool runs = info.state == ContainerState::running || info.state == ContainerState::paused;
    return !(runs || selection.all || counted || by_status) ||
           !matches_all(info, selection.filters);
  });
  const auto most = selection.latest ? 1
                    : counted        ? parse_number("--last", selection.last, -1, 1 << 30)
                                     : -1;
  if (most >= 0 && infos.size() > static_cast<std::size_t>(most))
    infos.resize(static_cast<std::size_t>(most));
  return infos;
}

}  // namespace

int ps(Context& context, const Arguments& arguments) {
  CommandLine line("ps [OPTIONS]", "List containers.");
  Selection selection;
  bool quiet = false, full = false;
  std::string format;
  std::vector<std::string> filters;
  line.add_flag("-a,--all", selection.all, "Those that do not run, too");
  line.add_flag("-l,--latest", selection.latest, "The newest only, in any state");
  line.add_value("-n,--last", selection.last, "So many of the newest, in any state", "NUMBER");
  line.add_flag("-q,--quiet", quiet, "Ids only");
  line.add_flag("--no-trunc", full, "Do not shorten");
  line.add_value("--format", format, "table, json, or a Go template: {{.ID}} {{.Names}}", "FORMAT");
  line.add_repeated("-f,--filter", filters, "name=, id=, status=, label= or ancestor=", "FILTER");
  if (!line.read(arguments)) return 0;
  for (const std::string& text : filters) selection.filters.push_back(parse_filter(text));
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
