#include <fmt/format.h>

#include <cstdlib>

#include "cli/changes.hpp"
#include "cli/describe.hpp"
#include "cli/quantity.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace containerlib::cli {
namespace {

ImageFormat parse_image_format(const std::string& text) {
  if (text == "docker-archive") return ImageFormat::docker_archive;
  if (text == "oci-archive") return ImageFormat::oci_archive;
  if (text == "oci-dir") return ImageFormat::oci_layout;
  throw UsageError(fmt::format(
      "invalid --format \"{}\": docker-archive, oci-archive or oci-dir is wanted", text));
}

// Now, or what $SOURCE_DATE_EPOCH says: then the same tree makes the same image
// (https://reproducible-builds.org/specs/source-date-epoch/).
Time date_of_build() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (!epoch) return std::chrono::system_clock::now();
  return std::chrono::system_clock::from_time_t(
      parse_number("SOURCE_DATE_EPOCH", epoch, 0, 253402300799));  // year 9999
}

}  // namespace

int load(Context& context, const Arguments& arguments) {
  CommandLine line("load [OPTIONS]",
                   "Load images from an OCI archive, an OCI image layout directory or what `docker "
                   "save` wrote, plain or compressed.");
  std::string input;
  LoadOptions options;
  bool quiet = false;
  line.add_value("-i,--input", input, "Instead of standard input", "FILE|DIR");
  line.add_value("--platform", options.platform, "Instead of this host's", "OS/ARCH[/VARIANT]");
  line.add_flag("-q,--quiet", quiet, "Accepted for docker's sake: there is no progress to hide");
  if (!line.read(arguments)) return 0;
  if (input.empty() && is_terminal(0))
    throw UsageError("standard input is a terminal; -i FILE is wanted");
  Runtime& runtime = context.runtime();
  const std::vector<Image> images = input.empty() || input == "-"
                                        ? runtime.try_load_all(0, options).value()
                                        : runtime.load_all(input, options);
  for (const Image& image : images) {
    for (const std::string& name : image.loaded_names())
      fmt::print("Loaded image: {}\n", familiar_name(name));
    if (image.loaded_names().empty()) fmt::print("Loaded image ID: {}\n", image.id());
  }
  return 0;
}

int import(Context& context, const Arguments& arguments) {
  CommandLine line("import [OPTIONS] FILE|DIR|- [NAME[:TAG]]",
                   "Make an image of a root file system, a tar archive or a directory.");
  Arguments words;
  std::vector<std::string> changes;
  ImportOptions options;
  line.add_repeated("-c,--change", changes,
                    "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR, as "
                    "in a Dockerfile",
                    "INSTRUCTION");
  line.add_value("-m,--message", options.message, "A comment for the image's history", "TEXT");
  line.add_names("FILE NAME", words);
  if (!line.read(arguments)) return 0;
  if (words.size() > 2) throw UsageError("a FILE and a NAME are wanted");
  options.created = date_of_build();
  if (words.size() == 2) options.tag = words[1];
  for (const std::string& change : changes) apply_change(options, change);
  Runtime& runtime = context.runtime();
  const Image image =
      words[0] == "-" ? runtime.try_import(0, options).value() : runtime.import(words[0], options);
  fmt::print("{}\n", image.id());
  return 0;
}

int save(Context& context, const Arguments& arguments) {
  CommandLine line("save [OPTIONS] IMAGE...", "Write images to an archive.");
  Arguments names;
  std::string output, format_name = "docker-archive";
  line.add_value("-o,--output", output, "Instead of standard output", "FILE|DIR");
  line.add_value("--format", format_name, "docker-archive (which it is), oci-archive or oci-dir",
                 "FORMAT");
  line.add_names("IMAGE", names);
  if (!line.read(arguments)) return 0;
  const ImageFormat format = parse_image_format(format_name);
  if (format == ImageFormat::oci_layout && output.empty()) throw UsageError("oci-dir wants -o DIR");
  if (output.empty() && is_terminal(1))
    throw UsageError("standard output is a terminal; -o FILE or a redirection is wanted");
  Runtime& runtime = context.runtime();
  if (output.empty())
    runtime.try_save(names, 1, format).value();
  else
    runtime.try_save(names, output, format).value();
  return 0;
}

}  // namespace containerlib::cli
