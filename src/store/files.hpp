#pragma once
#include <containerlib/fd.hpp>

#include <string>
#include <string_view>

#include "store/vfs.hpp"

// Small steps over Vfs that throw: `subject` is what an error names.
namespace containerlib::store {

/// Throws for a negative result (-errno), else gives it back.
long check(long result, std::string_view operation, std::string_view subject);

Fd open_at(Vfs&, int dir, const std::string& name, int flags, mode_t mode = 0);
Fd open_dir(Vfs&, int dir, const std::string& name);
/// Makes a directory that may be there already, whatever the umask.
void ensure_dir(Vfs&, int dir, const std::string& name, mode_t mode);
void write_all(Vfs&, int fd, std::string_view data, std::string_view subject);
/// A regular file's content. Throws EFBIG when it has more than `limit` bytes.
std::string read_file(Vfs&, int dir, const std::string& name, std::size_t limit);
bool exists(Vfs&, int dir, const std::string& name);
/// 16 hexadecimal digits that nobody guesses.
std::string random_name();

/// Removes what `name` is, with all below it; no error when it is not there. A directory the caller
/// owns is made accessible first. Deeper than 64 levels it goes on with a part renamed to
/// NAME.N beside it, with an N that is free, so depth costs neither stack nor descriptors.
/// Throws; what had been reached by then is gone.
void remove_tree(Vfs&, int dir, const std::string& name);

}  // namespace containerlib::store
