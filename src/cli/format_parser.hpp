#pragma once
#include <string>
#include <string_view>
#include <vector>

// The text of a Template as a tree.
namespace containerlib::cli {

struct FormatTerm;
/// A function and its arguments, or a value alone.
using FormatCommand = std::vector<FormatTerm>;
/// Commands joined by pipes.
using FormatPipeline = std::vector<FormatCommand>;

/// One word as it was written; a string has one leading quote so that it is known as one.
/// Or parentheses: then `word` is the fields of their value, ".A.B" or empty.
struct FormatTerm {
  std::string word = {};
  FormatPipeline inner = {};
};

/// `kind` says which members mean something.
struct FormatNode {
  enum class Kind { text, action, range, condition, with } kind = Kind::text;
  std::string text = {};
  std::vector<std::string> variables = {};  ///< "$x" of {{$x := …}}
  FormatPipeline pipeline = {};
  std::vector<FormatNode> body = {}, otherwise = {};
};

/// Throws UsageError for what is not well formed.
std::vector<FormatNode> parse_format(std::string_view text);

}  // namespace containerlib::cli
