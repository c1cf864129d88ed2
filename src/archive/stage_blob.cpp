#include "archive/stage_blob.hpp"

#include <fcntl.h>

#include "store/files.hpp"

namespace containerlib::archive {

BlobWriter::BlobWriter(store::Vfs& vfs, store::Staging& staging, oci::Digest::Algorithm algorithm)
    : vfs_(vfs),
      name_(staging.fresh_name()),
      fd_(store::open_at(vfs, staging.dir(), name_, O_WRONLY | O_CREAT | O_EXCL, 0600)),
      hasher_(algorithm) {
  // Whatever the host's umask made of it: the store's owner must be able to read it.
  store::check(vfs_.change_mode(fd_.get(), 0600), "write", "blob");
}

void BlobWriter::write(std::string_view data) {
  if (waiting_.empty() && data.size() >= buffer_size) return put(data);
  waiting_ += data;
  if (waiting_.size() < buffer_size) return;
  put(waiting_);
  waiting_.clear();
}

store::StagedBlob BlobWriter::finish() {
  put(waiting_);
  return {.digest = hasher_.finish(), .size = size_, .file = std::move(name_)};
}

void BlobWriter::put(std::string_view data) {
  hasher_.update(data.data(), data.size());
  store::write_all(vfs_, fd_.get(), data, "blob");
  size_ += data.size();
}

store::StagedBlob stage_blob(store::Vfs& vfs, store::Staging& staging, Source& from,
                             oci::Digest::Algorithm algorithm) {
  BlobWriter blob(vfs, staging, algorithm);
  for (std::string_view data = from.next(); !data.empty(); data = from.next()) blob.write(data);
  return blob.finish();
}

store::StagedBlob stage_blob(store::Vfs& vfs, store::Staging& staging, std::string_view data) {
  MemorySource source(data);
  return stage_blob(vfs, staging, source);
}

oci::Compression compression_of(store::Vfs& vfs, const store::Staging& staging,
                                const store::StagedBlob& blob) {
  Fd fd = store::open_at(vfs, staging.dir(), blob.file, O_RDONLY);
  FdSource file(vfs, fd.get(), "blob " + blob.digest.text(), {});
  return PeekedSource(file).compression();
}

}  // namespace containerlib::archive
