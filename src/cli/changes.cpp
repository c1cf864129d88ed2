#include "cli/changes.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/json.hpp"

namespace containerlib::cli {
namespace {

// A JSON list of words, or else a line for the shell.
std::vector<std::string> words_of(const std::string& text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::array* array = error ? nullptr : value.if_array();
  if (!array) return {"/bin/sh", "-c", text};
  std::vector<std::string> words;
  for (const json::value& word : *array) {
    if (!word.is_string()) throw UsageError(fmt::format("invalid --change: {}", text));
    words.emplace_back(word.get_string());
  }
  return words;
}

void set_variable(ImportOptions& options, const std::string& text) {
  const std::size_t end = text.find_first_of("= ");  // "ENV NAME VALUE" is the older form
  if (end == 0 || end == std::string::npos)
    throw UsageError(fmt::format("invalid --change: ENV {}", text));
  options.env[text.substr(0, end)] = text.substr(end + 1);
}

}  // namespace

void apply_change(ImportOptions& options, const std::string& instruction) {
  const std::size_t blank = std::min(instruction.find(' '), instruction.size());
  std::string name = instruction.substr(0, blank);
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  const std::size_t start = std::min(instruction.find_first_not_of(' ', blank), instruction.size());
  const std::string rest = instruction.substr(start);
  if (rest.empty()) throw UsageError(fmt::format("invalid --change: {}", instruction));
  if (name == "CMD")
    options.command = words_of(rest);
  else if (name == "ENTRYPOINT")
    options.entrypoint = words_of(rest);
  else if (name == "ENV")
    set_variable(options, rest);
  else if (name == "USER")
    options.user = rest;
  else if (name == "WORKDIR")
    options.cwd = rest;
  else
    throw UsageError(fmt::format("invalid --change: {} is not supported", name));
}

}  // namespace containerlib::cli
