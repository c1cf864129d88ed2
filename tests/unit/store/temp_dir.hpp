#pragma once
#include <string>

namespace test {

/// A new directory, removed with the object.
class TempDir {
 public:
  TempDir();
  explicit TempDir(const std::string& parent);
  TempDir(const TempDir&) = delete;
  ~TempDir();
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& data);

/// Every path below a directory with type, mode, owner, size, link target or content's hash: two
/// equal snapshots are two equal trees. index.sqlite* is left out.
std::string snapshot(const std::string& dir);

}  // namespace test
