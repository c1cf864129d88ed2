#include <fcntl.h>
#include <sys/stat.h>

#include "archive/archive.hpp"
#include "archive/save_format.hpp"
#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::archive {
namespace {

/// The images stay while they are read.
std::vector<Fd> hold(store::Store& store, const std::vector<SaveItem>& items) {
  std::vector<Fd> out;
  for (const SaveItem& item : items) out.push_back(store.hold_image(item.image));
  return out;
}

void write_archive(store::Store& store, const std::vector<SaveItem>& items, int fd,
                   const std::string& subject, ImageFormat format, const std::stop_token& stop) {
  std::vector<Fd> held = hold(store, items);
  std::string waiting;
  auto flush = [&] {
    write_output(store.vfs(), fd, waiting, subject);
    waiting.clear();
  };
  TarWriter tar([&](std::string_view data) {
    waiting += data;
    if (waiting.size() >= buffer_size) flush();
  });
  ArchiveOutput out(tar);
  if (format == ImageFormat::docker_archive)
    write_docker_archive(store, items, out, stop);
  else
    write_oci_layout(store, items, out, stop);
  tar.finish();
  flush();
}

void write_directory(store::Store& store, const std::vector<SaveItem>& items,
                     const std::string& path, const std::stop_token& stop) {
  store::Vfs& vfs = store.vfs();
  int made = vfs.make_dir(AT_FDCWD, path.c_str(), 0755);
  if (made != -EEXIST) store::check(made, "make directory", path);
  // A symbolic link to a directory will do: it is the caller's own path.
  Fd dir(static_cast<int>(store::check(
      vfs.open(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY, 0, 0), "open directory", path)));
  std::vector<std::string> there;
  store::check(
      vfs.list(dir.get(), [&](const char* name, unsigned char) { there.emplace_back(name); }),
      "read directory", path);
  if (!there.empty()) throw_errno(ENOTEMPTY, "save image", path);
  try {
    std::vector<Fd> held = hold(store, items);
    DirectoryOutput out(vfs, dir.get());
    write_oci_layout(store, items, out, stop);
  } catch (...) {
    for (std::string name : {"blobs", "index.json", "oci-layout"}) try {
        store::remove_tree(vfs, dir.get(), name);
      } catch (const Error&) {
        // The first failure is the one to tell.
      }
    if (made == 0) vfs.unlink(AT_FDCWD, path.c_str(), AT_REMOVEDIR);
    throw;
  }
}

/// A new file beside the one that it shall replace. Where the file system can it has no name until
/// it is whole (O_TMPFILE), so that nothing is left of it when this process is killed.
class Replacement {
 public:
  Replacement(store::Vfs& vfs, const std::string& target)
      : vfs_(vfs), target_(target), partial_(target + ".partial-" + store::random_name()) {
    const std::size_t slash = target.rfind('/');
    const std::string folder = slash == target.npos ? "." : target.substr(0, slash + 1);
    int fd = vfs.open(AT_FDCWD, folder.c_str(), O_WRONLY | O_TMPFILE, 0644, 0);
    named_ = fd < 0;
    if (named_)
      fd = vfs.open(AT_FDCWD, partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644, 0);
    named_ = named_ && fd >= 0;
    file_ = Fd(static_cast<int>(store::check(fd, "save image", target)));
  }
  ~Replacement() {
    if (named_) vfs_.unlink(AT_FDCWD, partial_.c_str(), 0);
  }
  Replacement(const Replacement&) = delete;
  int descriptor() const { return file_.get(); }

  void finish() {
    store::check(vfs_.sync(file_.get()), "save image", target_);
    if (!named_)
      store::check(vfs_.link_open(file_.get(), AT_FDCWD, partial_.c_str()), "save image", target_);
    named_ = true;
    store::check(vfs_.rename(AT_FDCWD, partial_.c_str(), AT_FDCWD, target_.c_str(), 0),
                 "save image", target_);
    named_ = false;
  }

 private:
  store::Vfs& vfs_;
  const std::string target_, partial_;
  Fd file_;
  bool named_ = false;
};

/// A file that was there stays until all is written.
void write_file(store::Store& store, const std::vector<SaveItem>& items, const std::string& path,
                ImageFormat format, const std::stop_token& stop) {
  Replacement file(store.vfs(), path);
  write_archive(store, items, file.descriptor(), path, format, stop);
  file.finish();
}

}  // namespace

void save(store::Store& store, const std::vector<SaveItem>& items, const std::filesystem::path& to,
          ImageFormat format, std::stop_token stop) {
  std::string path = to.string();
  if (format == ImageFormat::oci_layout) return write_directory(store, items, path, stop);
  struct stat status;
  bool special = ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  if (!special) return write_file(store, items, path, format, stop);
  // A device or a pipe is written to, not replaced.
  Fd fd(static_cast<int>(
      store::check(store.vfs().open(AT_FDCWD, path.c_str(), O_WRONLY, 0, 0), "save image", path)));
  write_archive(store, items, fd.get(), path, format, stop);
}

void save(store::Store& store, const std::vector<SaveItem>& items, int fd, ImageFormat format,
          std::stop_token stop) {
  if (format == ImageFormat::oci_layout)
    throw_error(Errc::invalid_option, "save image", "format",
                "an image layout is a directory; it cannot be written to a descriptor");
  write_archive(store, items, fd, "image archive", format, stop);
}

}  // namespace containerlib::archive
