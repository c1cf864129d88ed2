#include "cli/environment.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

#include "cli/arguments.hpp"

namespace containerlib::cli {
namespace {

// Each line that says something, with its number.
void for_each_line(std::string_view content,
                   const std::function<void(std::size_t number, std::string_view line)>& work) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (content.starts_with(byte_order_mark)) content.remove_prefix(byte_order_mark.size());
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t start = line.find_first_not_of(" \t");
    if (start != std::string_view::npos && line[start] != '#') work(number, line.substr(start));
  }
}

void set_label(std::map<std::string, std::string>& labels, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || text.empty()) throw UsageError("invalid label: the name is empty");
  labels[std::string(text.substr(0, equals))] =
      equals == std::string_view::npos ? "" : text.substr(equals + 1);
}

}  // namespace

std::string file_content(const char* flag, const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad())
    throw UsageError(fmt::format("cannot read the {} {}", flag, name));
  return content;
}

void set_variable(Environment& variables, std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string name(text.substr(0, equals));
  if (name.empty()) throw UsageError(fmt::format("invalid environment variable \"{}\"", text));
  if (equals != std::string_view::npos)
    variables[name] = text.substr(equals + 1);
  else if (const char* value = std::getenv(name.c_str()))
    variables[name] = value;
}

void read_env_lines(Environment& variables, std::string_view name, std::string_view content) {
  for_each_line(content, [&](std::size_t number, std::string_view line) {
    const std::string_view variable = line.substr(0, line.find('='));
    if (variable.empty() || variable.find_first_of(" \t") != std::string_view::npos)
      throw UsageError(fmt::format("{}:{}: invalid variable name \"{}\"", name, number, variable));
    set_variable(variables, line);
  });
}

Environment environment(const std::vector<std::string>& files,
                        const std::vector<std::string>& flags) {
  Environment result;
  for (const std::string& file : files)
    read_env_lines(result, file, file_content("--env-file", file));
  for (const std::string& flag : flags) set_variable(result, flag);
  return result;
}

std::map<std::string, std::string> labels(const std::vector<std::string>& files,
                                          const std::vector<std::string>& flags) {
  std::map<std::string, std::string> result;
  for (const std::string& file : files)
    for_each_line(file_content("--label-file", file),
                  [&](std::size_t, std::string_view line) { set_label(result, line); });
  for (const std::string& flag : flags) set_label(result, flag);
  return result;
}

}  // namespace containerlib::cli
