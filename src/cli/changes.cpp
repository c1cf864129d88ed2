#include "cli/changes.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <utility>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/json.hpp"
#include "cli/quantity.hpp"

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

[[noreturn]] void refuse(const std::string& instruction) {
  throw UsageError(fmt::format("invalid --change: {}", instruction));
}

// Blanks part words, unless they are quoted or escaped.
std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  bool within = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!quote && (c == ' ' || c == '\t')) {
      within = false;
      continue;
    }
    if (!within) words.emplace_back();
    within = true;
    if (c == quote)
      quote = '\0';
    else if (!quote && (c == '"' || c == '\''))
      quote = c;
    else if (c == '\\' && quote != '\'' && i + 1 < text.size())
      words.back() += text[++i];
    else
      words.back() += c;
  }
  if (quote) refuse(text);
  return words;
}

// "A=1 B='2 3'", or the older "A all the rest".
std::vector<std::pair<std::string, std::string>> pairs_of(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const std::size_t end = text.find_first_of("= ");
  if (end == 0 || end == std::string::npos) refuse(text);
  if (text[end] == ' ') return {{text.substr(0, end), text.substr(end + 1)}};
  for (const std::string& word : split_words(text)) {
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) refuse(text);
    pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return pairs;
}

// "80" is "80/tcp".
std::string port_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string protocol = slash == std::string::npos ? "tcp" : text.substr(slash + 1);
  parse_number("--change EXPOSE", text.substr(0, slash), 1, 65535);
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") refuse("EXPOSE " + text);
  return text.substr(0, slash) + '/' + protocol;
}

std::vector<std::string> list_of(const std::string& text) {
  return text.starts_with('[') ? words_of(text) : split_words(text);
}

void apply(ImportOptions& options, const std::string& name, const std::string& rest) {
  if (name == "CMD")
    options.command = words_of(rest);
  else if (name == "ENTRYPOINT")
    options.entrypoint = words_of(rest);
  else if (name == "ENV")
    for (const auto& [key, value] : pairs_of(rest)) options.env[key] = value;
  else if (name == "LABEL")
    for (const auto& [key, value] : pairs_of(rest)) options.labels[key] = value;
  else if (name == "EXPOSE")
    for (const std::string& port : split_words(rest))
      options.exposed_ports.push_back(port_of(port));
  else if (name == "VOLUME")
    for (const std::string& path : list_of(rest)) options.volumes.push_back(path);
  else if (name == "STOPSIGNAL")
    parse_signal("--change STOPSIGNAL", rest), options.stop_signal = rest;
  else if (name == "USER")
    options.user = rest;
  else if (name == "WORKDIR")
    options.cwd = rest;
  else if (name == "ONBUILD")
    throw UsageError("invalid --change: there are no builds, so no ONBUILD");
  else
    throw UsageError(fmt::format("invalid --change: {} is not supported", name));
}

}  // namespace

void apply_change(ImportOptions& options, const std::string& instruction) {
  const std::size_t blank = std::min(instruction.find(' '), instruction.size());
  std::string name = instruction.substr(0, blank);
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  const std::size_t start = std::min(instruction.find_first_not_of(' ', blank), instruction.size());
  const std::string rest = instruction.substr(start);
  if (rest.empty()) refuse(instruction);
  apply(options, name, rest);
}

}  // namespace containerlib::cli
