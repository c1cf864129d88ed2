#include "cli/format.hpp"

#include <fmt/format.h>

#include <optional>

#include "cli/arguments.hpp"
#include "cli/format_functions.hpp"

namespace containerlib::cli {
namespace {

[[noreturn]] void refuse(const std::string& reason) {
  throw UsageError("invalid --format: " + reason);
}

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

// `.Label "x"`: a method of docker's rows. The header of such a column is a text.
json::value call_method(json::value map, const json::value& name) {
  if (map.is_string()) return map;
  return format_function("index")({std::move(map), name});
}

class Renderer {
 public:
  explicit Renderer(const json::value& root) : variables_{{"$", root}} {}

  void render(const std::vector<FormatNode>& nodes, const json::value& dot) {
    const std::size_t outside = variables_.size();
    for (const FormatNode& node : nodes) render(node, dot);
    variables_.resize(outside);
  }

  std::string out;

 private:
  void render(const FormatNode& node, const json::value& dot) {
    if (node.kind == FormatNode::Kind::text) {
      out += node.text;
      return;
    }
    const json::value value = evaluate(node.pipeline, dot);
    if (node.kind == FormatNode::Kind::action && node.variables.empty()) {
      out += go_text(value);
    } else if (node.kind == FormatNode::Kind::action) {
      assign(node.variables[0], value);
    } else {
      const std::size_t outside = variables_.size();
      if (!go_truth(value))
        render(node.otherwise, dot);
      else if (node.kind == FormatNode::Kind::range)
        render_range(node, value);
      else
        render_once(node, value, dot);
      variables_.resize(outside);
    }
  }

  void render_once(const FormatNode& node, const json::value& value, const json::value& dot) {
    if (!node.variables.empty()) assign(node.variables[0], value);
    render(node.body, node.kind == FormatNode::Kind::with ? value : dot);
  }

  void render_range(const FormatNode& node, const json::value& over) {
    if (const json::array* array = over.if_array())
      for (std::size_t i = 0; i < array->size(); ++i) render_item(node, i, (*array)[i]);
    else if (const json::object* object = over.if_object())
      for (const auto& item : *object) render_item(node, json::string(item.key()), item.value());
    else
      refuse("range wants a list");
  }

  void render_item(const FormatNode& node, const json::value& key, const json::value& item) {
    const std::size_t outside = variables_.size();
    if (node.variables.size() == 2) assign(node.variables[0], key);
    if (!node.variables.empty()) assign(node.variables.back(), item);
    render(node.body, item);
    variables_.resize(outside);
  }

  void assign(const std::string& name, const json::value& value) {
    variables_.emplace_back(name, value);
  }

  json::value variable(std::string_view word) const {
    const std::size_t end = std::min(word.find('.'), word.size());
    for (auto it = variables_.rbegin(); it != variables_.rend(); ++it)
      if (it->first == word.substr(0, end)) return field(it->second, word.substr(end));
    refuse(fmt::format("there is no variable {}", word.substr(0, end)));
  }

  json::value argument(const FormatTerm& term, const json::value& dot) {
    const std::string& word = term.word;
    if (!term.inner.empty()) return field(evaluate(term.inner, dot), word);
    if (word == ".") return dot;
    if (word[0] == '$') return variable(word);
    if (word[0] == '.') return field(dot, word);
    if (word[0] == '"') return json::string(word.substr(1));
    if (word == "true" || word == "false") return word == "true";
    if (word.find_first_not_of("-0123456789") == std::string::npos && word.size() < 18)
      return std::stoll(word);
    refuse(fmt::format("\"{}\" is not known", word));
  }

  json::value evaluate(const FormatCommand& command, std::optional<json::value> piped,
                       const json::value& dot) {
    const FormatTerm& first = command[0];
    const FormatFunction function = first.inner.empty() ? format_function(first.word) : nullptr;
    std::vector<json::value> values;
    for (std::size_t i = function ? 1 : 0; i < command.size(); ++i)
      values.push_back(argument(command[i], dot));
    if (piped) values.push_back(std::move(*piped));
    if (function) return function(values);
    if (values.size() == 2 && first.word.starts_with('.'))
      return call_method(std::move(values[0]), values[1]);
    if (values.size() > 1) refuse(fmt::format("\"{}\" is not a function", first.word));
    return std::move(values[0]);
  }

  json::value evaluate(const FormatPipeline& pipeline, const json::value& dot) {
    std::optional<json::value> piped;
    for (const FormatCommand& command : pipeline) piped = evaluate(command, std::move(piped), dot);
    return std::move(*piped);
  }

  std::vector<std::pair<std::string, json::value>> variables_;
};

}  // namespace

std::string Template::render(const json::value& data) const {
  Renderer renderer(data);
  renderer.render(nodes_, data);
  return std::move(renderer.out);
}

}  // namespace containerlib::cli
