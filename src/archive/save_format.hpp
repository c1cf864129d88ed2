#pragma once
#include <containerlib/fd.hpp>

#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "archive/archive.hpp"
#include "archive/source.hpp"
#include "archive/tar_writer.hpp"

namespace containerlib::archive {

/// Where a saved image's files go.
class SaveOutput {
 public:
  virtual ~SaveOutput() = default;
  virtual void directory(const std::string& path) = 0;
  virtual void file(const std::string& path, std::string_view data) = 0;
  /// `size` bytes from a stream.
  virtual void file(const std::string& path, std::uint64_t size, Source&) = 0;
};

class ArchiveOutput : public SaveOutput {
 public:
  explicit ArchiveOutput(TarWriter& tar) : tar_(tar) {}
  void directory(const std::string& path) override;
  void file(const std::string& path, std::string_view data) override;
  void file(const std::string& path, std::uint64_t size, Source&) override;

 private:
  TarWriter& tar_;
};

class DirectoryOutput : public SaveOutput {
 public:
  DirectoryOutput(store::Vfs& vfs, int dir) : vfs_(vfs), dir_(dir) {}
  void directory(const std::string& path) override;
  void file(const std::string& path, std::string_view data) override;
  void file(const std::string& path, std::uint64_t size, Source&) override;

 private:
  store::Vfs& vfs_;
  int dir_;
};

/// All of it. Unlike the store's, its errors do not speak of the data directory.
void write_output(store::Vfs&, int fd, std::string_view data, const std::string& subject);

/// An OCI image layout: blobs as they came, one entry of index.json for each name.
void write_oci_layout(store::Store&, const std::vector<SaveItem>&, SaveOutput&,
                      const std::stop_token&);
/// What `docker load` reads: manifest.json, "HEX.json" and "HEX.tar" for each layer.
void write_docker_archive(store::Store&, const std::vector<SaveItem>&, SaveOutput&,
                          const std::stop_token&);

}  // namespace containerlib::archive
