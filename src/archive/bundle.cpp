#include "archive/bundle.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <map>

#include "archive/entry_path.hpp"
#include "archive/source.hpp"
#include "archive/stage_blob.hpp"
#include "archive/tar_reader.hpp"
#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::archive {
namespace {

oci::Digest::Algorithm algorithm_for(const std::string& name) {
  return name.starts_with("blobs/sha512/") ? oci::Digest::Algorithm::sha512
                                           : oci::Digest::Algorithm::sha256;
}

/// "blobs/ALGORITHM/HEX".
bool is_blob_name(std::string_view name) {
  if (!name.starts_with("blobs/")) return false;
  std::string digest(name.substr(6));
  if (std::size_t slash = digest.find('/'); slash != digest.npos) digest[slash] = ':';
  return oci::Digest::parse(digest).has_value();
}

class DirectoryBundle : public Bundle {
 public:
  DirectoryBundle(store::Vfs& vfs, Fd dir, std::string path, store::Staging& staging,
                  std::stop_token stop)
      : vfs_(vfs),
        dir_(std::move(dir)),
        path_(std::move(path)),
        staging_(staging),
        stop_(std::move(stop)) {
    is_layout_ = has("oci-layout") && has("index.json");
  }

  bool has(const std::string& name) override {
    int fd = look_up(name);
    if (fd == -ENOENT || fd == -ENOTDIR) return false;
    Fd there(static_cast<int>(store::check(fd, "open", path_ + '/' + name)));
    return true;
  }

  std::string document(const std::string& name, std::size_t limit) override {
    Content source(*this, name);
    std::string out;
    for (std::string_view data = source.next(); !data.empty(); data = source.next()) {
      out += data;
      if (out.size() > limit) throw_too_big(name, limit);
    }
    return out;
  }

  std::uint64_t size(const std::string& name) override {
    return static_cast<std::uint64_t>(find(name).status.st_size);
  }

  store::StagedBlob stage(const std::string& name) override {
    if (auto known = staged_.find(name); known != staged_.end()) return known->second;
    Content source(*this, name);
    store::StagedBlob blob = stage_blob(vfs_, staging_, source, algorithm_for(name));
    return staged_.emplace(name, std::move(blob)).first->second;
  }

 private:
  /// A regular file that is not open for reading yet.
  struct Found {
    Fd fd;
    struct stat status;
  };

  /// O_PATH: to open a device may already do something.
  int look_up(const std::string& name) {
    // Blobs may be links to a directory that layouts share. Their digests are known and their sizes
    // compared before they are read, so nothing else gets in; of the rest the directory decides.
    bool anywhere = is_layout_ && is_blob_name(name);
    return vfs_.open(dir_.get(), name.c_str(), O_PATH, 0,
                     RESOLVE_NO_MAGICLINKS | (anywhere ? 0U : RESOLVE_BENEATH));
  }

  Found find(const std::string& name) {
    int fd = look_up(name);
    if (fd == -ENOENT || fd == -ENOTDIR)
      throw_error(Errc::image_corrupt, "read image layout", path_, name + " is missing");
    Found out{Fd(static_cast<int>(store::check(fd, "open", path_ + '/' + name))), {}};
    store::check(vfs_.stat(out.fd.get(), "", out.status), "open", path_ + '/' + name);
    if (!S_ISREG(out.status.st_mode))
      throw_error(Errc::image_corrupt, "read image layout", path_, name + " is no file");
    return out;
  }

  /// A file's bytes, as many as it has when it is opened: some of /proc are of size 0 and endless.
  class Content : public Source {
   public:
    Content(DirectoryBundle& from, const std::string& name)
        : subject_(from.path_ + '/' + name),
          found_(from.find(name)),
          fd_(reopen(from.vfs_)),
          file_(from.vfs_, fd_.get(), subject_, from.stop_),
          left_(static_cast<std::size_t>(found_.status.st_size)) {}

    std::string_view next() override {
      if (left_ == 0) return {};
      std::string_view data = file_.next().substr(0, left_);
      left_ -= data.size();
      return data;
    }

   private:
    int reopen(store::Vfs& vfs) const {
      std::string found = "/proc/self/fd/" + std::to_string(found_.fd.get());
      int fd = vfs.open(AT_FDCWD, found.c_str(), O_RDONLY | O_NONBLOCK, 0, 0);
      return static_cast<int>(store::check(fd, "open", subject_));
    }

    std::string subject_;
    Found found_;
    Fd fd_;
    FdSource file_;
    std::size_t left_;
  };

  [[noreturn]] void throw_too_big(const std::string& name, std::size_t limit) {
    throw_error(Errc::image_corrupt, "read image layout", path_,
                name + " has more than " + std::to_string(limit) + " bytes");
  }

  store::Vfs& vfs_;
  Fd dir_;
  std::string path_;
  store::Staging& staging_;
  std::stop_token stop_;
  bool is_layout_ = false;
  std::map<std::string, store::StagedBlob> staged_;  ///< by name: images share blobs
};

class ArchiveBundle : public Bundle {
 public:
  ArchiveBundle(store::Vfs& vfs, std::string path, store::Staging& staging, std::stop_token stop)
      : vfs_(vfs), path_(std::move(path)), staging_(staging), stop_(std::move(stop)) {}

  void read(TarReader& tar) {
    TarEntry entry;
    while (tar.next(entry)) {
      auto name = clean_path(entry.path);
      if (!name || name->empty()) continue;
      if (entry.type == TarEntry::Type::file) {
        EntrySource content(tar);
        files_.insert_or_assign(*name, stage_blob(vfs_, staging_, content, algorithm_for(*name)));
      } else if (entry.type == TarEntry::Type::hard_link) {
        aliases_[*name] = clean_path(entry.link).value_or("");
      } else if (entry.type == TarEntry::Type::symlink) {
        aliases_[*name] = beside(*name, entry.link);
      }
    }
    tar.skip_rest();
  }

  bool has(const std::string& name) override { return lookup(name) != nullptr; }

  std::string document(const std::string& name, std::size_t limit) override {
    const store::StagedBlob& blob = require(name);
    if (stop_.stop_requested()) throw_errno(ECANCELED, "read", path_);
    if (blob.size > limit)
      throw_error(Errc::image_corrupt, "read image archive", path_,
                  name + " has more than " + std::to_string(limit) + " bytes");
    return store::read_file(vfs_, staging_.dir(), blob.file, limit);
  }

  std::uint64_t size(const std::string& name) override { return require(name).size; }
  store::StagedBlob stage(const std::string& name) override { return require(name); }

 private:
  class EntrySource : public Source {
   public:
    explicit EntrySource(TarReader& tar) : tar_(tar) {}
    std::string_view next() override { return tar_.content(); }

   private:
    TarReader& tar_;
  };

  /// The target of a symbolic link, as a name of the archive: `docker save` once wrote
  /// "ID/layer.tar -> ../OTHER/layer.tar" for equal layers.
  static std::string beside(const std::string& name, std::string_view target) {
    std::string at(split_path(name).parent);
    while (target.starts_with("../")) {
      target.remove_prefix(3);
      at = std::string(split_path(at).parent);
    }
    return clean_path(at + '/' + std::string(target)).value_or("");
  }

  const store::StagedBlob* lookup(std::string name) const {
    constexpr int max_aliases = 8;
    for (int i = 0; i < max_aliases; ++i) {
      if (auto file = files_.find(name); file != files_.end()) return &file->second;
      auto alias = aliases_.find(name);
      if (alias == aliases_.end()) return nullptr;
      name = alias->second;
    }
    return nullptr;
  }

  const store::StagedBlob& require(const std::string& name) const {
    const store::StagedBlob* blob = lookup(name);
    if (!blob) throw_error(Errc::image_corrupt, "read image archive", path_, name + " is missing");
    return *blob;
  }

  store::Vfs& vfs_;
  std::string path_;
  store::Staging& staging_;
  std::stop_token stop_;
  std::map<std::string, store::StagedBlob> files_;
  std::map<std::string, std::string> aliases_;
};

}  // namespace

std::unique_ptr<Bundle> open_directory(store::Vfs& vfs, Fd dir, std::string path,
                                       store::Staging& staging, std::stop_token stop) {
  return std::make_unique<DirectoryBundle>(vfs, std::move(dir), std::move(path), staging,
                                           std::move(stop));
}

std::unique_ptr<Bundle> open_archive(store::Vfs& vfs, int fd, const std::string& path,
                                     store::Staging& staging, const Limits& limits,
                                     std::stop_token stop) {
  FdSource file(vfs, fd, path, stop);
  PeekedSource peeked(file);
  auto plain = inflate(peeked, peeked.compression(), limits, path);
  TarReader tar(*plain, limits, path);
  auto bundle = std::make_unique<ArchiveBundle>(vfs, path, staging, std::move(stop));
  bundle->read(tar);
  return bundle;
}

}  // namespace containerlib::archive
