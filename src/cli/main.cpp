#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "cli/human.hpp"
#include "cli/standard_streams.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

constexpr int failed = 1, library_failed = 125, not_executable = 126, not_found = 127;

// Where a verb may be said, together: "containerlib rm" is "containerlib container rm".
enum Place : unsigned { top = 1, of_images = 2, of_containers = 4 };

struct Entry {
  std::string_view name;
  unsigned places;
  Verb verb;
  std::string_view summary;  ///< empty: another name for one above
  int on_error = failed;
};

constexpr Entry entries[] = {
    {"run", top | of_containers, run, "Run a command in a new container", library_failed},
    {"create", top | of_containers, create, "Make a container and do not start it", library_failed},
    {"start", top | of_containers, start, "Start containers"},
    {"stop", top | of_containers, stop, "Stop containers"},
    {"kill", top | of_containers, kill, "Send a signal to containers"},
    {"pause", top | of_containers, pause, "Hold all processes of containers"},
    {"unpause", top | of_containers, unpause, "Let paused containers go on"},
    {"checkpoint", top | of_containers, checkpoint, "Write a running container to a directory"},
    {"restore", top | of_containers, restore, "Let a container go on that was written to one"},
    {"wait", top | of_containers, wait, "Wait for containers to end and print their exit codes"},
    {"exec", top | of_containers, exec, "Run a command in a container that runs"},
    {"logs", top | of_containers, logs, "Show what a container has written"},
    {"stats", top | of_containers, stats, "Show what containers use"},
    {"ps", top, ps, "List containers"},
    {"ls", of_containers, ps, "List containers"},
    {"list", of_containers, ps, ""},
    {"ps", of_containers, ps, ""},
    {"inspect", top, inspect, "Show all that is known of containers or images"},
    {"inspect", of_containers, inspect_container, "Show all that is known of containers"},
    {"rm", top | of_containers, remove, "Remove containers"},
    {"remove", of_containers, remove, ""},
    {"images", top, images, "List images"},
    {"ls", of_images, images, "List images"},
    {"list", of_images, images, ""},
    {"load", top | of_images, load, "Load images from an archive"},
    {"import", top | of_images, import, "Make an image of a root file system"},
    {"save", top | of_images, save, "Write images to an archive"},
    {"tag", top | of_images, tag, "Give an image one more name"},
    {"rmi", top, remove_image, "Remove images"},
    {"rm", of_images, remove_image, "Remove images"},
    {"remove", of_images, remove_image, ""},
    {"inspect", of_images, inspect_image, "Show all that is known of images"},
    {"version", top, version, "Show the version"},
    {"info", top, info, "Show what this host can do, and why not"},
};

struct Group {
  std::string_view name, title;
  Place place;
};
constexpr Group groups[] = {{"image", "Commands for images", of_images},
                            {"container", "Commands for containers", of_containers}};

std::string listed(Place place) {
  std::string text = "Commands:\n";
  for (const Entry& entry : entries)
    if ((entry.places & place) != 0 && !entry.summary.empty())
      text += fmt::format("  {:<10}  {}\n", entry.name, entry.summary);
  return text;
}

const Entry& find_entry(Place place, const std::string& name) {
  for (const Entry& entry : entries)
    if ((entry.places & place) != 0 && entry.name == name) return entry;
  throw UsageError(fmt::format("\"{}\" is not a command", name));
}

int code_of(const Error& error, int on_error) {
  if (error.code() == Errc::command_not_found) return not_found;
  if (error.code() == Errc::not_executable) return not_executable;
  return on_error;
}

int usage_failure(const UsageError& error, const std::string& command) {
  fmt::print(stderr, "{}: {}\nSee '{} --help'.\n", command, harmless(error.what()), command);
  return library_failed;
}

int call(Context& context, const Entry& entry, const std::string& prefix, const Arguments& words) {
  const char* start = entry.on_error == library_failed ? "containerlib" : "Error";
  try {
    return entry.verb(context, words);
  } catch (const UsageError& error) {
    return usage_failure(error, fmt::format("{} {}", prefix, entry.name));
  } catch (const Error& error) {
    fmt::print(stderr, "{}: {}\n", start, error.what());
    return code_of(error, entry.on_error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", start, error.what());
    return entry.on_error;
  }
}

int call_one_of(Context& context, Place place, const std::string& prefix, Arguments words) {
  const Entry& entry = find_entry(place, words.front());
  words.erase(words.begin());
  return call(context, entry, prefix, words);
}

int call_group(Context& context, const Group& group, const Arguments& words) {
  CommandLine line(fmt::format("{} COMMAND", group.name), std::string(group.title) + ".");
  line.footer(listed(group.place));
  const std::optional<Arguments> rest = line.read_leading(words);
  if (!rest) return 0;
  const std::string prefix = fmt::format("containerlib {}", group.name);
  if (rest->empty()) return std::fputs(line.help().c_str(), stdout), 0;
  try {
    return call_one_of(context, group.place, prefix, *rest);
  } catch (const UsageError& error) {
    return usage_failure(error, prefix);
  }
}

int call_named(Context& context, const Arguments& words) {
  for (const Group& group : groups)
    if (group.name == words.front())
      return call_group(context, group, Arguments(words.begin() + 1, words.end()));
  return call_one_of(context, top, "containerlib", words);
}

// `help run`, `help image ls`.
int help(Context& context, const CommandLine& line, Arguments words) {
  if (words.empty()) return std::fputs(line.help().c_str(), stdout), 0;
  words.emplace_back("--help");
  return call_named(context, words);
}

int call_top(const Arguments& words) {
  CommandLine line("[OPTIONS] COMMAND", "Images and isolated containers, without a daemon.");
  Context context;
  std::string root, run_root;
  bool show_version = false;
  const CLI::Option& root_option =
      *line.add_value("--root", root, "Where images and containers are kept", "DIR");
  const CLI::Option& run_root_option =
      *line.add_value("--run-root", run_root, "Where the state of what runs is kept", "DIR");
  line.add_flag("--debug", context.debug, "Tell what is done");
  line.add_flag("-v,--version", show_version, "Print the version");
  line.footer(listed(top) +
              "  image       All of these for images: image ls, image rm, ...\n"
              "  container   All of these for containers: container ls, container rm, ...\n\n"
              "'containerlib COMMAND --help' tells more of each.");
  const std::optional<Arguments> rest = line.read_leading(words);
  if (!rest) return 0;
  for (const auto& [option, value] :
       {std::pair(&root_option, &root), std::pair(&run_root_option, &run_root)})
    if (!option->empty() && value->empty())
      throw UsageError(fmt::format("{} is empty", option->get_name()));
  context.options.root = root;
  context.options.run_root = run_root;
  if (show_version) return version(context, {});
  if (rest->empty()) return std::fputs(line.help().c_str(), stdout), 0;
  if (rest->front() == "help")
    return help(context, line, Arguments(rest->begin() + 1, rest->end()));
  return call_named(context, *rest);
}

int main_code(const Arguments& words) {
  int code = library_failed;
  try {
    code = call_top(words);
  } catch (const UsageError& error) {
    return usage_failure(error, "containerlib");
  } catch (const std::exception& error) {
    fmt::print(stderr, "containerlib: {}\n", error.what());
  }
  if (std::fflush(stdout) != 0 && code == 0) {
    std::fputs("containerlib: cannot write to standard output\n", stderr);
    code = failed;
  }
  return code;
}

}  // namespace
}  // namespace containerlib::cli

int main(int count, char** words) {
  containerlib::cli::open_closed_streams();
  return containerlib::cli::main_code(
      containerlib::cli::Arguments(words + (count > 0 ? 1 : 0), words + count));
}
