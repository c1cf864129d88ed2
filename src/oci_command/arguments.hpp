#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace containerlib::oci_command {

struct Option {
  const char* name;  ///< without the dashes
  char letter;       ///< 0: none
  enum Kind : unsigned char { flag, value } kind;
};

/// Words of a command line, sorted out. Throws invalid_option for what is not among the options.
class Arguments {
 public:
  /// `known`: lists of options. `command_after`: after so many other words all that follows is a
  /// command with options of its own; -1: options may stand anywhere. "--" ends the options.
  Arguments(std::span<const std::string> words, std::vector<std::span<const Option>> known,
            int command_after);

  bool has(std::string_view name) const;
  /// The last that was given; empty: none.
  std::string value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;
  /// nullopt: not given. Throws for what is no integer.
  std::optional<long long> number(std::string_view name) const;
  /// What is neither an option nor its value.
  const std::vector<std::string>& words() const { return words_; }

 private:
  struct Given {
    const Option* option;
    std::string value;
  };
  const Option& find_long(std::string_view name) const;
  const Option& find_letter(char) const;
  bool is_long(std::string_view name) const;
  /// Takes one word with a dash and perhaps the next; how many.
  std::size_t take(std::span<const std::string> words);
  std::size_t take_letters(std::span<const std::string> words);

  std::vector<std::span<const Option>> known_;
  std::vector<Given> given_;
  std::vector<std::string> words_;
};

}  // namespace containerlib::oci_command
