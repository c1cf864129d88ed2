#include "cli/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/arguments.hpp"
#include "cli/format_functions.hpp"

namespace containerlib::cli {
namespace {

using Node = Template::Node;
using Words = std::vector<std::string>;

[[noreturn]] void refuse(const std::string& reason) {
  throw UsageError("invalid --format: " + reason);
}

// ---- text to nodes

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

// Words of commands; a string keeps one leading quote so that it is known as one.
std::vector<Words> pipeline_of(std::string_view text) {
  std::vector<Words> commands(1);
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    if (text.empty()) break;
    if (text[0] == '|') {
      commands.emplace_back();
      text.remove_prefix(1);
    } else if (text[0] == '"' || text[0] == '`') {
      commands.back().push_back(take_quoted(text));
    } else {
      const std::size_t end = std::min(text.find_first_of(" \t\n\r|\"`"), text.size());
      commands.back().emplace_back(text.substr(0, end));
      text.remove_prefix(end);
    }
  }
  for (const Words& command : commands)
    if (command.empty()) refuse("an action is empty");
  return commands;
}

class Parser {
 public:
  explicit Parser(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  std::vector<Node> all() {
    std::vector<Node> nodes = block();
    if (next_ < pieces_.size()) refuse("an {{end}} or {{else}} has no start");
    return nodes;
  }

 private:
  // Up to the {{else}} or {{end}} that it leaves in place.
  std::vector<Node> block() {
    std::vector<Node> nodes;
    for (; next_ < pieces_.size(); ++next_) {
      const Piece& piece = pieces_[next_];
      if (!piece.action) {
        if (!piece.text.empty()) nodes.push_back({.text = piece.text});
        continue;
      }
      std::vector<Words> pipeline = pipeline_of(piece.text);
      const std::string word = pipeline[0][0];
      if (word == "else" || word == "end") return nodes;
      if (word == "range" || word == "if")
        nodes.push_back(control(word, std::move(pipeline)));
      else
        nodes.push_back({.kind = Node::Kind::action, .pipeline = std::move(pipeline)});
    }
    return nodes;
  }

  Node control(const std::string& word, std::vector<Words> pipeline) {
    pipeline[0].erase(pipeline[0].begin());
    if (pipeline[0].empty()) refuse(word + " needs a value");
    Node node{.kind = word == "if" ? Node::Kind::condition : Node::Kind::range,
              .pipeline = std::move(pipeline)};
    ++next_;
    node.body = block();
    if (ended_by() == "else") {
      ++next_;
      node.otherwise = block();
    }
    if (ended_by() != "end") refuse(word + " has no {{end}}");
    return node;
  }

  std::string ended_by() const {
    if (next_ >= pieces_.size()) return {};
    const Words words = pipeline_of(pieces_[next_].text)[0];
    if (words.size() > 1) refuse("{{" + words[0] + " " + words[1] + "}} is not supported");
    return words[0];
  }

  std::vector<Piece> pieces_;
  std::size_t next_ = 0;
};

// ---- nodes to text

json::value field(const json::value& data, std::string_view path) {
  const json::value* value = &data;
  bool free_names = false;  // of a map, where a missing name is no mistake
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view name = path.substr(0, path.find('.'));
    path.remove_prefix(name.size());
    if (name.empty()) refuse("a field has no name");
    const json::object* object = value->if_object();
    value = object ? object->if_contains(name) : nullptr;
    if (!value && free_names) return "<no value>";
    if (!value) refuse(fmt::format("there is no field .{}", name));
    free_names = name == "Labels";
  }
  return *value;
}

json::value argument(const std::string& word, const json::value& dot, const json::value& root) {
  if (word == ".") return dot;
  if (word == "$") return root;
  if (word[0] == '.') return field(dot, word);
  if (word[0] == '$' && word.size() > 1 && word[1] == '.') return field(root, word.substr(1));
  if (word[0] == '"') return json::string(word.substr(1));
  if (word == "true" || word == "false") return word == "true";
  if (word.find_first_not_of("-0123456789") == std::string::npos && word.size() < 18)
    return std::stoll(word);
  refuse(fmt::format("\"{}\" is not known", word));
}

json::value evaluate(const std::vector<Words>& pipeline, const json::value& dot,
                     const json::value& root) {
  std::optional<json::value> piped;
  for (const Words& command : pipeline) {
    const FormatFunction function = format_function(command[0]);
    if (!function && (command.size() > 1 || piped))
      refuse(fmt::format("\"{}\" is not a function", command[0]));
    std::vector<json::value> values;
    for (auto word = command.begin() + (function ? 1 : 0); word != command.end(); ++word)
      values.push_back(argument(*word, dot, root));
    if (piped) values.push_back(std::move(*piped));
    piped = function ? function(values) : std::move(values.at(0));
  }
  return std::move(*piped);
}

void render_nodes(std::string& out, const std::vector<Node>& nodes, const json::value& dot,
                  const json::value& root);

void render_range(std::string& out, const Node& node, const json::value& over,
                  const json::value& root) {
  if (const json::array* array = over.if_array())
    for (const json::value& item : *array) render_nodes(out, node.body, item, root);
  else if (const json::object* object = over.if_object())
    for (const auto& item : *object) render_nodes(out, node.body, item.value(), root);
  else if (!over.is_null())
    refuse("range wants a list");
}

void render_nodes(std::string& out, const std::vector<Node>& nodes, const json::value& dot,
                  const json::value& root) {
  for (const Node& node : nodes) {
    if (node.kind == Node::Kind::text) {
      out += node.text;
      continue;
    }
    const json::value value = evaluate(node.pipeline, dot, root);
    if (node.kind == Node::Kind::action)
      out += go_text(value);
    else if (!go_truth(value))
      render_nodes(out, node.otherwise, dot, root);
    else if (node.kind == Node::Kind::condition)
      render_nodes(out, node.body, dot, root);
    else
      render_range(out, node, value, root);
  }
}

}  // namespace

Template::Template(std::string_view text) : nodes_(Parser(pieces_of(text)).all()) {}

std::string Template::render(const json::value& data) const {
  std::string out;
  render_nodes(out, nodes_, data, data);
  return out;
}

}  // namespace containerlib::cli
