#include "archive/entry_path.hpp"

#include <array>

namespace containerlib::archive {
namespace {

constexpr std::string_view whiteout_prefix = ".wh.";
constexpr std::string_view opaque_name = ".wh..wh..opq";
constexpr std::array<std::string_view, 3> aufs_names{".wh..wh.plnk", ".wh..wh.aufs",
                                                     ".wh..wh.orph"};

bool is_aufs_name(std::string_view name) {
  for (std::string_view known : aufs_names)
    if (name == known) return true;
  return false;
}

}  // namespace

std::optional<std::string> clean_path(std::string_view raw) {
  std::string out;
  while (!raw.empty()) {
    std::size_t slash = raw.find('/');
    std::string_view part = raw.substr(0, slash);
    raw.remove_prefix(slash == std::string_view::npos ? raw.size() : slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

SplitPath split_path(std::string_view clean) {
  std::size_t slash = clean.rfind('/');
  if (slash == std::string_view::npos) return {{}, clean};
  return {clean.substr(0, slash), clean.substr(slash + 1)};
}

NameKind classify(std::string_view clean, std::string_view* hidden) {
  auto [parent, name] = split_path(clean);
  while (!parent.empty()) {
    auto [above, part] = split_path(parent);
    if (is_aufs_name(part)) return NameKind::ignored;
    if (part.starts_with(whiteout_prefix)) return NameKind::invalid;
    parent = above;
  }
  if (!name.starts_with(whiteout_prefix)) return NameKind::plain;
  if (name == opaque_name) return NameKind::opaque;
  if (is_aufs_name(name)) return NameKind::ignored;
  std::string_view rest = name.substr(whiteout_prefix.size());
  if (rest.empty() || rest == "." || rest == ".." || rest.starts_with(whiteout_prefix))
    return NameKind::invalid;
  *hidden = rest;
  return NameKind::whiteout;
}

}  // namespace containerlib::archive
