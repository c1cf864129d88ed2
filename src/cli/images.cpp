#include <fmt/format.h>

#include <algorithm>

#include "cli/describe.hpp"
#include "cli/filter.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

constexpr auto none = "<none>";

ImageName split_name(const std::string& reference) {
  const std::string name = familiar_name(reference);
  const std::size_t colon = name.rfind(':');
  if (colon == std::string::npos || name.find('/', colon) != std::string::npos) return {name, none};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

json::object row_of(const Image& image, const ImageName& name, bool full, Time now) {
  const std::optional<Time> created = parse_rfc3339(image.config().created);
  return {{"Containers", "N/A"},
          {"CreatedAt", created ? long_time(*created) : "N/A"},
          {"CreatedSince", created ? ago(*created, now) : "N/A"},
          {"Digest", image.digest()},
          {"ID", full ? image.id() : short_id(image.id())},
          {"Repository", name.repository},
          {"Size", decimal_size(image.size().count)},
          {"Tag", name.tag}};
}

const std::map<std::string, std::string> headers = {{"Containers", "CONTAINERS"},
                                                    {"CreatedAt", "CREATED AT"},
                                                    {"CreatedSince", "CREATED"},
                                                    {"Digest", "DIGEST"},
                                                    {"ID", "IMAGE ID"},
                                                    {"Repository", "REPOSITORY"},
                                                    {"Size", "SIZE"},
                                                    {"Tag", "TAG"}};

std::vector<ImageName> names_of(const Image& image) {
  std::vector<ImageName> names;
  for (const std::string& tag : image.tags()) names.push_back(split_name(tag));
  if (names.empty()) names.push_back({none, none});
  return names;
}

}  // namespace

int images(Context& context, const Arguments& arguments) {
  CommandLine line("images [OPTIONS] [REPOSITORY[:TAG]]",
                   "List images; * and ? in the name stand for what they do in a shell.");
  Arguments wanted;
  std::vector<std::string> filters;
  bool quiet = false, full = false, digests = false, all = false;
  std::string format;
  line.add_flag("-a,--all", all, "Accepted for docker's sake: all are shown anyway");
  line.add_flag("-q,--quiet", quiet, "Ids only");
  line.add_flag("--no-trunc", full, "Do not shorten");
  line.add_flag("--digests", digests, "Show the manifests' digests, too");
  line.add_value("--format", format, "table, json, or a Go template: {{.Repository}} {{.Tag}}",
                 "FORMAT");
  line.add_repeated("-f,--filter", filters,
                    "reference=PATTERN, dangling=true, label=, before= or since=", "FILTER");
  line.add_names("REPOSITORY", wanted, false);
  if (!line.read(arguments)) return 0;
  if (wanted.size() > 1) throw UsageError("one REPOSITORY at most is wanted");
  const std::string digest = digests ? "{{.Digest}}\t" : "";
  Listing listing{"{{.Repository}}\t{{.Tag}}\t" + digest + "{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
                  headers,
                  {}};
  const Time now = std::chrono::system_clock::now();
  const ImageFilter filter(filters, context.runtime());
  for (const Image& image : context.runtime().images())
    for (const ImageName& name : names_of(image))
      if ((wanted.empty() || matches_reference(name, wanted[0])) && filter.matches(image, name))
        listing.rows.push_back(row_of(image, name, full, now));
  if (quiet && format.empty()) {
    format = "{{.ID}}";
    const auto same = [](const json::object& a, const json::object& b) {
      return a.at("ID") == b.at("ID");
    };
    listing.rows.erase(std::unique(listing.rows.begin(), listing.rows.end(), same),
                       listing.rows.end());
  }
  fmt::print("{}", shown(listing, format));
  return 0;
}

int tag(Context& context, const Arguments& arguments) {
  CommandLine line("tag IMAGE NAME[:TAG]", "Give an image one more name.");
  Arguments names;
  line.add_names("IMAGE NAME", names);
  if (!line.read(arguments)) return 0;
  if (names.size() != 2) throw UsageError("an IMAGE and a NAME are wanted");
  Runtime& runtime = context.runtime();
  runtime.tag(runtime.image(names[0]), names[1]);
  return 0;
}

int remove_image(Context& context, const Arguments& arguments) {
  CommandLine line("rmi [OPTIONS] IMAGE...",
                   "Take names from images, and remove those that have none left.");
  Arguments names;
  bool force = false;
  line.add_flag(
      "-f,--force", force,
      "Also when a container uses it or an id has several names; missing ones are no error");
  line.add_names("IMAGE", names);
  if (!line.read(arguments)) return 0;
  return for_each(names, [&](const std::string& name) {
    Result<std::vector<std::string>> done = context.runtime().try_remove_image(name, force);
    if (!done && force && done.error().code() == Errc::image_not_found) return;
    for (std::string& text : done.value()) {
      if (text.starts_with("untagged: "))
        text = "Untagged: " + familiar_name(text.substr(10));
      else if (text.starts_with("deleted: "))
        text[0] = 'D';
      fmt::print("{}\n", text);
    }
  });
}

}  // namespace containerlib::cli
