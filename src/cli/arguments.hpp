#pragma once
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// What CLI11 needs to behave as docker's command line does.
namespace containerlib::cli {

using Arguments = std::vector<std::string>;

/// Wrong use of the command line: exit code 125 and a hint at --help.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The flags of one verb. Each verb has a parser of its own and none knows another's names, so that
/// a container may be called "stats" and a program in it "run".
class CommandLine : public CLI::App {
 public:
  /// `usage` follows "containerlib ": "stop [OPTIONS] CONTAINER...".
  CommandLine(const std::string& usage, const std::string& description);

  /// A flag that may be given often and takes one value each time.
  CLI::Option* add_repeated(const std::string& names, std::vector<std::string>& values,
                            const std::string& help, const std::string& type);
  CLI::Option* add_value(const std::string& names, std::string& value, const std::string& help,
                         const std::string& type);
  /// The names after the flags; at least one when `required`.
  void add_names(const std::string& what, Arguments& names, bool required = true);

  /// Flags anywhere. False: the help was asked for and printed. Throws UsageError.
  bool read(const Arguments&);
  /// Flags up to the first other word; that word and all after it are the result, as they stand.
  std::optional<Arguments> read_leading(const Arguments&);
};

/// How many of `arguments` are flags of `app` and their values; a "--" that ends them counts.
std::size_t leading_flags(const CLI::App& app, const Arguments& arguments);

}  // namespace containerlib::cli
