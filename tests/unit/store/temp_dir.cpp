#include "unit/store/temp_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace test {
namespace fs = std::filesystem;

TempDir::TempDir() : TempDir(fs::temp_directory_path().string()) {}

TempDir::TempDir(const std::string& parent) : path_(parent + "/containerlib-test-XXXXXX") {
  if (!::mkdtemp(path_.data())) throw std::runtime_error("mkdtemp " + path_);
}

TempDir::~TempDir() {
  // Unreadable directories are part of some tests.
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(path_, ignored), end; it != end; it.increment(ignored))
    if (it->is_directory(ignored) && !it->is_symlink(ignored))
      fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
  fs::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_file(const std::string& path, const std::string& data) {
  std::ofstream out(path, std::ios::binary);
  out << data;
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

std::string snapshot(const std::string& dir) {
  std::map<std::string, std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    std::string name = entry.path().lexically_relative(dir).string();
    if (name.starts_with("index.sqlite")) continue;
    struct stat status;
    if (::lstat(entry.path().c_str(), &status) != 0) continue;
    std::ostringstream line;
    line << std::oct << status.st_mode << std::dec << ' ' << status.st_uid << ':' << status.st_gid;
    if (S_ISLNK(status.st_mode)) line << " -> " << fs::read_symlink(entry.path()).string();
    if (S_ISREG(status.st_mode) && ::access(entry.path().c_str(), R_OK) == 0)
      line << ' ' << status.st_size << ' ' << std::hash<std::string>()(read_file(entry.path()));
    if (S_ISCHR(status.st_mode)) line << " device " << status.st_rdev;
    lines[name] = line.str();
  }
  std::string out;
  for (const auto& [name, line] : lines) out += name + ' ' + line + '\n';
  return out;
}

}  // namespace test
