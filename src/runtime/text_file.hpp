#pragma once
#include <string>
#include <string_view>

// Small files of the runtime's own. Errors name `subject`.
namespace containerlib::runtime {

/// Everything from the descriptor's beginning.
std::string read_all(int fd, const std::string& subject);
/// The file's text; empty when there is none.
std::string read_file(const std::string& path);
/// Whether there is anything of this name, also a symbolic link that leads nowhere.
bool exists(const std::string& path);
/// Makes or replaces a file, mode 0600.
void write_file(const std::string& path, std::string_view text);
void write_all(int fd, std::string_view text, const std::string& subject);
/// Makes a directory with mode 0700, its parents with 0755, unless it is there. Throws
/// not_permitted when it belongs to another user or others may write to it (SEC-13).
void make_private_dir(const std::string& path);

}  // namespace containerlib::runtime
