#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cstdio>
#include <optional>

#include "cli/describe.hpp"
#include "cli/format.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

using Lookup = json::object (*)(Context&, const std::string& name);

json::object container_json(Context& context, const std::string& name) {
  return describe(context.container(name).inspect());
}

json::object image_json(Context& context, const std::string& name) {
  return describe(context.runtime().image(name));
}

json::object any_json(Context& context, const std::string& name) {
  if (const std::optional<Container> container = context.find(name))
    return describe(container->inspect());
  Result<Image> image = context.runtime().try_image(name);
  if (image || image.error().code() != Errc::image_not_found) return describe(image.value());
  throw Error(Errc::container_not_found, "inspect", name, "nor is there such an image");
}

void print(const json::array& found, const std::string& format) {
  if (format.empty() || format == "json") {
    fmt::print("{}", format.empty() ? pretty(found) : json::serialize(found) + '\n');
    return;
  }
  const Template text(format);
  for (const json::value& each : found) fmt::print("{}\n", text.render(each));
}

int inspect_with(Lookup lookup, const char* usage, const char* description, Context& context,
                 const Arguments& arguments) {
  CommandLine line(usage, description);
  Arguments names;
  std::string format, type;
  line.add_value("-f,--format", format, "json, or a Go template: {{.State.Status}}", "FORMAT");
  if (lookup == any_json) line.add_value("--type", type, "Only of this kind", "container|image");
  line.add_names("NAME", names);
  if (!line.read(arguments)) return 0;
  if (type == "container")
    lookup = container_json;
  else if (type == "image")
    lookup = image_json;
  else if (!type.empty())
    throw UsageError("invalid --type: container or image is wanted");
  json::array found;
  const int code =
      for_each(names, [&](const std::string& name) { found.push_back(lookup(context, name)); });
  print(found, format);
  return code;
}

}  // namespace

int inspect(Context& context, const Arguments& arguments) {
  return inspect_with(any_json, "inspect [OPTIONS] NAME...",
                      "Show all that is known of containers or images, as JSON.", context,
                      arguments);
}

int inspect_image(Context& context, const Arguments& arguments) {
  return inspect_with(image_json, "image inspect [OPTIONS] IMAGE...",
                      "Show all that is known of images, as JSON.", context, arguments);
}

int inspect_container(Context& context, const Arguments& arguments) {
  return inspect_with(container_json, "container inspect [OPTIONS] CONTAINER...",
                      "Show all that is known of containers, as JSON.", context, arguments);
}

}  // namespace containerlib::cli
