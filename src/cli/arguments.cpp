#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace containerlib::cli {
namespace {

class HelpText : public CLI::Formatter {
 public:
  explicit HelpText(std::string usage) : usage_(std::move(usage)) { column_width(36); }
  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("\nUsage:  containerlib {}\n", usage_);
  }

 private:
  std::string usage_;
};

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

// "-it" is flags; in "-eA=1", "-e=A=1" and "-t=false" there is a value; in "-e" it is the next
// argument.
bool short_wants_next(const CLI::App& app, const std::string& cluster) {
  for (std::size_t i = 1; i < cluster.size(); ++i) {
    if (i > 1 && cluster[i] == '=') return false;
    const CLI::Option* option = app.get_option_no_throw(std::string("-") + cluster[i]);
    if (option && takes_value(*option)) return i + 1 == cluster.size();
  }
  return false;
}

bool wants_next(const CLI::App& app, const std::string& flag) {
  if (!flag.starts_with("--")) return short_wants_next(app, flag);
  if (flag.find('=') != std::string::npos) return false;
  const CLI::Option* option = app.get_option_no_throw(flag);
  return option && takes_value(*option);
}

// CLI11 would take the next argument as the value of "--entrypoint=".
void split_long(const CLI::App& app, std::string flag, Arguments& result) {
  const std::size_t equals = flag.find('=');
  const std::string name = flag.substr(0, equals);
  const CLI::Option* option = app.get_option_no_throw(name);
  if (!option || !takes_value(*option) || equals + 1 != flag.size())
    return result.push_back(std::move(flag));
  result.push_back(name);
  result.emplace_back();
}

// CLI11 does not know "-m=64m" and "-it=false", of which docker takes the first "=" away.
void split_short(const CLI::App& app, const std::string& cluster, Arguments& result) {
  for (std::size_t i = 1; i < cluster.size(); ++i) {
    const std::string name = std::string("-") + cluster[i];
    const CLI::Option* option = app.get_option_no_throw(name);
    const std::string rest = cluster.substr(i + 1);
    const bool assigned = rest.size() > 1 && rest[0] == '=';
    if (option && takes_value(*option)) {
      result.push_back(name);
      if (!rest.empty()) result.push_back(assigned ? rest.substr(1) : rest);
      return;
    }
    if (option && assigned && !option->get_lnames().empty())
      return result.push_back("--" + option->get_lnames()[0] + rest);
    result.push_back(name);
  }
}

// Values stand alone afterwards.
Arguments split_values(const CLI::App& app, Arguments words) {
  Arguments result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string& word = words[i];
    if (word == "--") {
      result.insert(result.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
      break;
    }
    const bool is_flag = word.size() > 1 && word[0] == '-';
    const bool value_follows = is_flag && i + 1 < words.size() && wants_next(app, word);
    if (!is_flag)
      result.push_back(std::move(word));
    else if (word[1] == '-')
      split_long(app, std::move(word), result);
    else
      split_short(app, word, result);
    if (value_follows) result.push_back(std::move(words[++i]));
  }
  return result;
}

bool parse_flags(CLI::App& app, Arguments flags) {
  flags = split_values(app, std::move(flags));
  std::reverse(flags.begin(), flags.end());  // CLI11 reads from the back
  try {
    app.parse(std::move(flags));
    return true;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return false;
  } catch (const CLI::ExtrasError&) {
    const Arguments extra = app.remaining();
    const bool flag = !extra.empty() && extra[0].starts_with('-') && extra[0] != "-";
    throw UsageError(
        fmt::format("{}: {}", flag ? "unknown flag" : "unexpected argument", extra.at(0)));
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

CommandLine::CommandLine(const std::string& usage, const std::string& description)
    : CLI::App(description, usage.substr(0, usage.find_first_of(" ["))) {
  formatter(std::make_shared<HelpText>(usage));
  set_help_flag("-h,--help", "Print this help");
}

CLI::Option* CommandLine::add_repeated(const std::string& names, std::vector<std::string>& values,
                                       const std::string& help, const std::string& type) {
  return add_option(names, values, help)->type_name(type)->allow_extra_args(false);
}

CLI::Option* CommandLine::add_value(const std::string& names, std::string& value,
                                    const std::string& help, const std::string& type) {
  return add_option(names, value, help)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void CommandLine::add_names(const std::string& what, Arguments& names, bool required) {
  add_option(what, names)->type_name("")->required(required);
}

bool CommandLine::read(const Arguments& arguments) { return parse_flags(*this, arguments); }

std::optional<Arguments> CommandLine::read_leading(const Arguments& arguments) {
  const auto end = arguments.begin() + static_cast<std::ptrdiff_t>(leading_flags(*this, arguments));
  Arguments flags(arguments.begin(), end);
  if (!flags.empty() && flags.back() == "--") flags.pop_back();
  if (!parse_flags(*this, std::move(flags))) return std::nullopt;
  return Arguments(end, arguments.end());
}

std::size_t leading_flags(const CLI::App& app, const Arguments& arguments) {
  std::size_t i = 0;
  while (i < arguments.size()) {
    const std::string& word = arguments[i];
    if (word == "--") return i + 1;
    if (word.size() < 2 || word[0] != '-') return i;
    i += wants_next(app, word) ? 2 : 1;
  }
  return std::min(i, arguments.size());
}

}  // namespace containerlib::cli
