#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "cli/format_parser.hpp"
#include "cli/json.hpp"

namespace containerlib::cli {

/// The part of Go's text/template that `--format` needs: {{.A.B}}, {{range}}, {{if}}, {{with}},
/// {{else}}, {{else if}}, {{end}}, variables, parentheses, pipes, trim marks, and the functions of
/// format_function() with docker's among them. "\t" and "\n" in the text are a tab and a newline.
/// Throws UsageError, when it is made or when the data have no such field.
class Template {
 public:
  explicit Template(std::string_view text) : nodes_(parse_format(text)) {}
  std::string render(const json::value& data) const;

 private:
  std::vector<FormatNode> nodes_;
};

}  // namespace containerlib::cli
