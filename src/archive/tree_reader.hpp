#pragma once
#include <functional>
#include <stop_token>
#include <string>

#include "archive/tar_writer.hpp"
#include "store/vfs.hpp"

namespace containerlib::archive {

/// Writes a directory tree as a tar: names in byte order, times in whole seconds, hard links kept,
/// of extended attributes user.* and security.capability. Nothing is looked up through a symbolic
/// link (O_NOFOLLOW, by descriptor), so a tree that changes meanwhile cannot lead outside. Sockets
/// are left out. `own_as_root`: every owner becomes 0:0. `warn` gets a line for what is left out.
void write_tree(store::Vfs&, int dir, bool own_as_root, TarWriter&,
                const std::function<void(const std::string&)>& warn, const std::stop_token&);

/// The same of an overlay's upper directory, as a layer: what it hides is told as the image-spec
/// has it (".wh.NAME"), access control lists are kept, and the overlay's own notes are not. Throws
/// unsupported for a file whose name would be taken for such a sign.
void write_upper(store::Vfs&, int dir, TarWriter&,
                 const std::function<void(const std::string&)>& warn, const std::stop_token&);

}  // namespace containerlib::archive
