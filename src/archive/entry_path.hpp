#pragma once
#include <optional>
#include <string>
#include <string_view>

// Names of layer entries: what they mean before anything touches the disk.
namespace containerlib::archive {

/// A tar name as a path below the layer's root: no leading, doubled or trailing slash, no ".", and
/// "" for the root itself. Absolute names are clamped. Nothing for one with "..".
std::optional<std::string> clean_path(std::string_view raw);

struct SplitPath {
  std::string_view parent, name;  ///< parent is "" for the root
};
SplitPath split_path(std::string_view clean);

enum class NameKind {
  plain,
  whiteout,  ///< ".wh.NAME" (layer.md, Whiteouts)
  opaque,    ///< ".wh..wh..opq"
  ignored,   ///< what AUFS kept in its branches (".wh..wh.plnk" and the like)
  invalid,   ///< a reserved name that means nothing, like ".wh..", or one as a directory
};
/// `hidden` is the name a whiteout hides.
NameKind classify(std::string_view clean, std::string_view* hidden);

}  // namespace containerlib::archive
