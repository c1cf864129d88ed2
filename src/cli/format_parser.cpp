#include "cli/format_parser.hpp"

#include <algorithm>

#include "cli/arguments.hpp"

namespace containerlib::cli {
namespace {

using Kind = FormatNode::Kind;

[[noreturn]] void refuse(const std::string& reason) {
  throw UsageError("invalid --format: " + reason);
}

struct Piece {
  bool action = false;
  std::string text = {};
};

std::string with_escapes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 't' || next == 'n') {
      result += next == 't' ? '\t' : '\n';
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

constexpr std::string_view blanks = " \t\n\r";

std::string trimmed_end(const std::string& text) {
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}
std::string trimmed_start(const std::string& text) {
  return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}

// Trim marks, "{{- " and " -}}", are applied here.
std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  bool trim_next = false;
  for (;;) {
    const std::size_t open = text.find("{{");
    std::string plain = with_escapes(text.substr(0, open));
    if (trim_next) plain = trimmed_start(plain);
    if (open == std::string_view::npos) {
      pieces.push_back({false, std::move(plain)});
      return pieces;
    }
    text.remove_prefix(open + 2);
    const std::size_t close = text.find("}}");
    if (close == std::string_view::npos) refuse("a {{ is not closed");
    std::string action(text.substr(0, close));
    text.remove_prefix(close + 2);
    if (action.starts_with("- ")) action.erase(0, 2), plain = trimmed_end(plain);
    trim_next = action.ends_with(" -");
    if (trim_next) action.erase(action.size() - 2);
    pieces.push_back({false, std::move(plain)});
    pieces.push_back({true, std::move(action)});
  }
}

std::string take_quoted(std::string_view& text) {
  const char quote = text[0];
  std::size_t i = 1;
  for (; i < text.size() && text[i] != quote; ++i)
    if (quote == '"' && text[i] == '\\') ++i;
  if (i >= text.size()) refuse("a quote is not closed");
  const std::string inside = with_escapes(text.substr(1, i - 1));
  text.remove_prefix(i + 1);
  std::string word = "\"";
  for (std::size_t k = 0; k < inside.size(); ++k) {
    if (quote == '"' && inside[k] == '\\' && k + 1 < inside.size()) ++k;
    word += inside[k];
  }
  return word;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

std::string take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \t\n\r|\"`(),"), text.size());
  const std::string word(text.substr(0, end));
  text.remove_prefix(end);
  return word;
}

FormatPipeline take_pipeline(std::string_view& text, bool nested);

// "(index .Mounts 0).Source"
FormatTerm take_parentheses(std::string_view& text) {
  text.remove_prefix(1);
  FormatTerm term;
  term.inner = take_pipeline(text, true);
  if (text.empty()) refuse("a parenthesis is not closed");
  text.remove_prefix(1);
  if (text.starts_with('.')) term.word = take_word(text);
  return term;
}

// Up to the end, or to the closing parenthesis that it leaves in place.
FormatPipeline take_pipeline(std::string_view& text, bool nested) {
  FormatPipeline pipeline(1);
  for (;;) {
    skip_blanks(text);
    if (text.empty() || (nested && text[0] == ')')) break;
    if (text[0] == '|') {
      pipeline.emplace_back();
      text.remove_prefix(1);
    } else if (text[0] == '"' || text[0] == '`') {
      pipeline.back().push_back({.word = take_quoted(text)});
    } else if (text[0] == '(') {
      pipeline.back().push_back(take_parentheses(text));
    } else if (text[0] == ')' || text[0] == ',') {
      refuse(std::string("there is a ") + text[0] + " too many");
    } else {
      pipeline.back().push_back({.word = take_word(text)});
    }
  }
  for (const FormatCommand& command : pipeline)
    if (command.empty()) refuse("an action is empty");
  return pipeline;
}

// "$k, $v := " before a pipeline.
std::vector<std::string> take_variables(std::string_view& text) {
  const std::size_t assignment = text.find(":=");
  if (!text.starts_with('$') || assignment == std::string_view::npos) return {};
  std::string_view names = text.substr(0, assignment);
  text.remove_prefix(assignment + 2);
  std::vector<std::string> variables;
  for (;;) {
    variables.push_back(take_word(names));
    if (variables.back().size() < 2 || variables.back()[0] != '$') refuse("a variable is $NAME");
    skip_blanks(names);
    if (names.empty()) return variables;
    if (names[0] != ',' || variables.size() == 2) refuse("a variable is $NAME");
    names.remove_prefix(1);
    skip_blanks(names);
  }
}

class Parser {
 public:
  explicit Parser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  std::vector<FormatNode> all() {
    std::vector<FormatNode> nodes = block();
    if (next_ < pieces_.size()) refuse("an {{end}} or {{else}} has no start");
    return nodes;
  }

 private:
  // Up to the {{else}} or {{end}} that it leaves in place.
  std::vector<FormatNode> block() {
    std::vector<FormatNode> nodes;
    for (; next_ < pieces_.size(); ++next_) {
      const Piece& piece = pieces_[next_];
      if (!piece.action) {
        if (!piece.text.empty()) nodes.push_back({.text = piece.text});
        continue;
      }
      std::string_view rest = piece.text;
      const std::string word = first_word(rest);
      if (word == "else" || word == "end") return nodes;
      if (word == "range" || word == "if" || word == "with")
        nodes.push_back(control(word, rest));
      else
        nodes.push_back(action(Kind::action, piece.text));
    }
    return nodes;
  }

  // What is after it stays in `text`.
  static std::string first_word(std::string_view& text) {
    skip_blanks(text);
    const std::string word = take_word(text);
    skip_blanks(text);
    return word;
  }

  static FormatNode action(Kind kind, std::string_view text) {
    skip_blanks(text);
    FormatNode node{.kind = kind};
    node.variables = take_variables(text);
    node.pipeline = take_pipeline(text, false);
    return node;
  }

  FormatNode control(const std::string& word, std::string_view rest) {
    if (rest.empty()) refuse(word + " needs a value");
    FormatNode node = action(word == "if"     ? Kind::condition
                             : word == "with" ? Kind::with
                                              : Kind::range,
                             rest);
    ++next_;
    node.body = block();
    if (next_ >= pieces_.size()) refuse(word + " has no {{end}}");
    std::string_view ending = pieces_[next_].text;
    if (first_word(ending) == "end") return node;
    if (!ending.empty()) {  // "else if", which has its end in common with this one
      const std::string again = first_word(ending);
      if (again != "if" && again != "with") refuse("{{else " + again + "}} is not supported");
      node.otherwise.push_back(control(again, ending));
      return node;
    }
    ++next_;
    node.otherwise = block();
    if (next_ >= pieces_.size()) refuse(word + " has no {{end}}");
    ending = pieces_[next_].text;
    if (first_word(ending) != "end") refuse(word + " has two {{else}}");
    return node;
  }

  std::vector<Piece> pieces_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<FormatNode> parse_format(std::string_view text) {
  return Parser(pieces_of(text)).all();
}

}  // namespace containerlib::cli
