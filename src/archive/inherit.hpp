#pragma once
#include <functional>
#include <string>

#include "archive/tree_writer.hpp"

namespace containerlib::archive {

/// Opens the unpacked layers below one, topmost first, by their number from 0; an empty Fd after
/// the last.
using OpenLower = std::function<Fd(std::size_t)>;

/// Mode, owner and time that the layers below, merged, give the directory `path`: what an
/// implied directory of the layer above them inherits. False when they have no such directory.
/// `owners`: whether the owners on the disk are those of the image (not so rootless).
bool inherit_metadata(store::Vfs&, const OpenLower&, const std::string& path, bool owners,
                      TreeWriter::Metadata&);

}  // namespace containerlib::archive
