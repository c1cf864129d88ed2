#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace containerlib::cli {

using Environment = std::map<std::string, std::string>;

/// Of the file that a flag names. Throws UsageError.
std::string file_content(const char* flag, const std::string& name);

/// `-e NAME=VALUE`, or `-e NAME`: the command's own value, nothing if it has none. Throws
/// UsageError.
void set_variable(Environment&, std::string_view text);
/// The lines of an `--env-file`: as for -e; empty lines and those that begin with # are skipped,
/// and so is a byte order mark. `name` is for the UsageError of a bad line.
void read_env_lines(Environment&, std::string_view name, std::string_view content);
/// The files first, then the flags, as docker does. Throws UsageError.
Environment environment(const std::vector<std::string>& files,
                        const std::vector<std::string>& flags);
/// `--label NAME[=VALUE]`, and before them the lines of each `--label-file`: as those of an
/// --env-file.
std::map<std::string, std::string> labels(const std::vector<std::string>& files,
                                          const std::vector<std::string>& flags);

}  // namespace containerlib::cli
