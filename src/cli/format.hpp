#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/json.hpp"

namespace containerlib::cli {

/// The part of Go's text/template that `--format` needs: {{.A.B}}, {{range}}, {{if}}, {{else}},
/// {{end}}, pipes, trim marks, and the functions eq index join json len lower ne not println title
/// upper. "\t" and "\n" in the text are a tab and a newline. Throws UsageError, when it is made or
/// when the data have no such field.
class Template {
 public:
  explicit Template(std::string_view text);
  std::string render(const json::value& data) const;

  /// `kind` says which members mean something.
  struct Node {
    enum class Kind { text, action, range, condition } kind = Kind::text;
    std::string text = {};
    /// Commands joined by pipes, each its words as they were written.
    std::vector<std::vector<std::string>> pipeline = {};
    std::vector<Node> body = {}, otherwise = {};
  };

 private:
  std::vector<Node> nodes_;
};

}  // namespace containerlib::cli
