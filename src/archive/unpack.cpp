#include "archive/unpack.hpp"

#include "archive/entry_path.hpp"
#include "archive/inherit.hpp"
#include "archive/tar_reader.hpp"
#include "archive/tree_writer.hpp"

namespace containerlib::archive {
namespace {

/// Sends the entries of one tar to the writer.
class Unpacker {
 public:
  Unpacker(Source& tar, const LayerJob& job)
      : job_(job),
        reader_(tar, job.host.limits, job.subject),
        writer_(job.vfs, job.root, job.host, job.subject, [&job](const std::string& line) {
          if (job.log) job.log(LogLevel::warning, job.subject + ": " + line);
        }) {}

  store::LayerRecord run() {
    while (reader_.next(entry_)) one_entry();
    reader_.skip_rest();  // it belongs to the digest
    writer_.finish([this](const std::string& path, TreeWriter::Metadata& metadata) {
      if (writer_.opaque_root()) return false;
      return inherit_metadata(job_.vfs, job_.open_lower, path, job_.host.owners == nullptr,
                              metadata);
    });
    record_.opaque_root = writer_.opaque_root();
    return record_;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) {
    throw_corrupt(job_.subject + " entry \"" + entry_.path + '"', why);
  }

  void one_entry() {
    auto path = clean_path(entry_.path);
    if (!path) refuse("its name has \"..\"");
    std::string_view hidden;
    switch (classify(*path, &hidden)) {
      case NameKind::ignored: return;
      case NameKind::invalid: refuse("its name is reserved for whiteouts and means nothing");
      case NameKind::plain: return plain(*path);
      case NameKind::opaque:
        require_plain_file();
        return writer_.opaque(std::string(split_path(*path).parent));
      case NameKind::whiteout: {
        require_plain_file();
        std::string target(split_path(*path).parent);
        if (!target.empty()) target += '/';
        return writer_.whiteout(target + std::string(hidden));
      }
    }
  }

  void require_plain_file() {
    if (entry_.type != TarEntry::Type::file && entry_.type != TarEntry::Type::hard_link)
      refuse("a whiteout that is no file");
  }

  void plain(const std::string& path) {
    if (path.empty() && entry_.type != TarEntry::Type::directory)
      refuse("the root is no directory");
    switch (entry_.type) {
      case TarEntry::Type::directory: return writer_.directory(path, entry_);
      case TarEntry::Type::file:
        record_.size += entry_.size;
        return writer_.file(path, entry_, [this] { return reader_.content(); });
      case TarEntry::Type::symlink: return writer_.symlink(path, entry_);
      case TarEntry::Type::hard_link: {
        auto target = clean_path(entry_.link);
        if (!target) refuse("a hard link to a name with \"..\"");
        return writer_.hard_link(path, *target);
      }
      case TarEntry::Type::char_device:
      case TarEntry::Type::block_device:
      case TarEntry::Type::fifo: return writer_.node(path, entry_);
    }
  }

  const LayerJob& job_;
  TarReader reader_;
  TreeWriter writer_;
  TarEntry entry_;
  store::LayerRecord record_;
};

}  // namespace

store::LayerRecord unpack(Source& tar, const LayerJob& job) { return Unpacker(tar, job).run(); }

}  // namespace containerlib::archive
