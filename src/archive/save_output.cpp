#include <fcntl.h>

#include "archive/save_format.hpp"
#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::archive {

void write_output(store::Vfs& vfs, int fd, std::string_view data, const std::string& subject) {
  while (!data.empty()) {
    const long written = vfs.write(fd, data.data(), data.size());
    if (written <= 0)
      throw_errno(written < 0 ? static_cast<int>(-written) : ENOSPC, "write", subject);
    data.remove_prefix(static_cast<std::size_t>(written));
  }
}

void ArchiveOutput::directory(const std::string& path) { tar_.directory(path); }

void ArchiveOutput::file(const std::string& path, std::string_view data) { tar_.file(path, data); }

void ArchiveOutput::file(const std::string& path, std::uint64_t size, Source& from) {
  tar_.file_header(path, size);
  for (std::string_view data = from.next(); !data.empty(); data = from.next()) tar_.content(data);
}

void DirectoryOutput::directory(const std::string& path) {
  store::check(vfs_.make_dir(dir_, path.c_str(), 0755), "make directory", path);
}

void DirectoryOutput::file(const std::string& path, std::string_view data) {
  MemorySource source(data);
  file(path, data.size(), source);
}

void DirectoryOutput::file(const std::string& path, std::uint64_t size, Source& from) {
  Fd fd = store::open_at(vfs_, dir_, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  for (std::string_view data = from.next(); !data.empty(); data = from.next()) {
    write_output(vfs_, fd.get(), data, path);
    size -= data.size();
  }
  if (size != 0) throw_errno(EIO, "write", path, "its size is not what the index says");
}

}  // namespace containerlib::archive
