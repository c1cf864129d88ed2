#include "oci_command/arguments.hpp"

#include <charconv>

#include "base/error.hpp"

namespace containerlib::oci_command {
namespace {

[[noreturn]] void refuse(const std::string& option, const char* why) {
  throw_error(Errc::invalid_option, "use option", option, why);
}

}  // namespace

Arguments::Arguments(std::span<const std::string> words, std::vector<std::span<const Option>> known,
                     int command_after)
    : known_(std::move(known)) {
  while (!words.empty()) {
    const std::string& word = words[0];
    if (command_after >= 0 && words_.size() >= static_cast<std::size_t>(command_after)) break;
    if (word == "--") {
      words = words.subspan(1);
      break;
    }
    if (word.size() > 1 && word[0] == '-') {
      words = words.subspan(take(words));
    } else {
      words_.push_back(word);
      words = words.subspan(1);
    }
  }
  if (command_after >= 0 && !words.empty() && words[0] == "--") words = words.subspan(1);
  words_.insert(words_.end(), words.begin(), words.end());
}

bool Arguments::is_long(std::string_view name) const {
  for (const auto& options : known_)
    for (const Option& option : options)
      if (name == option.name) return true;
  return false;
}

const Option& Arguments::find_long(std::string_view name) const {
  for (const auto& options : known_)
    for (const Option& option : options)
      if (name == option.name) return option;
  refuse("--" + std::string(name), "there is no such option");
}

const Option& Arguments::find_letter(char letter) const {
  for (const auto& options : known_)
    for (const Option& option : options)
      if (letter == option.letter) return option;
  refuse(std::string("-") + letter, "there is no such option");
}

std::size_t Arguments::take(std::span<const std::string> words) {
  std::string_view text = words[0];
  text.remove_prefix(text.starts_with("--") ? 2 : 1);
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  // runc takes long names with one dash too.
  if (!words[0].starts_with("--") && !(name.size() > 1 && is_long(name)))
    return take_letters(words);
  const Option& option = find_long(name);
  if (equals != std::string_view::npos) {
    const std::string value(text.substr(equals + 1));
    if (option.kind == Option::value || value != "false") given_.push_back({&option, value});
    return 1;
  }
  if (option.kind == Option::flag) {
    given_.push_back({&option, ""});
    return 1;
  }
  if (words.size() < 2) refuse(words[0], "it needs a value");
  given_.push_back({&option, words[1]});
  return 2;
}

/// "-dt", "-bDIR", "-b DIR".
std::size_t Arguments::take_letters(std::span<const std::string> words) {
  const std::string& text = words[0];
  for (std::size_t i = 1; i < text.size(); ++i) {
    const Option& option = find_letter(text[i]);
    if (option.kind == Option::flag) {
      given_.push_back({&option, ""});
      continue;
    }
    if (i + 1 < text.size()) {
      const std::size_t from = text[i + 1] == '=' ? i + 2 : i + 1;
      given_.push_back({&option, text.substr(from)});
      return 1;
    }
    if (words.size() < 2) refuse(text, "it needs a value");
    given_.push_back({&option, words[1]});
    return 2;
  }
  return 1;
}

bool Arguments::has(std::string_view name) const {
  for (const Given& given : given_)
    if (name == given.option->name) return true;
  return false;
}

std::string Arguments::value(std::string_view name) const {
  const std::vector<std::string> all = values(name);
  return all.empty() ? std::string() : all.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  std::vector<std::string> out;
  for (const Given& given : given_)
    if (name == given.option->name) out.push_back(given.value);
  return out;
}

std::optional<long long> Arguments::number(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  const std::string text = value(name);
  long long out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size())
    refuse("--" + std::string(name), "its value must be a whole number");
  return out;
}

}  // namespace containerlib::oci_command
