#include "archive/stage_blob.hpp"

#include <fcntl.h>

#include "store/files.hpp"

namespace containerlib::archive {

store::StagedBlob stage_blob(store::Vfs& vfs, store::Staging& staging, Source& from,
                             oci::Digest::Algorithm algorithm) {
  std::string name = staging.fresh_name();
  Fd fd = store::open_at(vfs, staging.dir(), name, O_WRONLY | O_CREAT | O_EXCL, 0600);
  // Whatever the host's umask made of it: the store's owner must be able to read it.
  store::check(vfs.change_mode(fd.get(), 0600), "write", "blob");
  HashingSource hashing(from, algorithm);
  for (std::string_view data = hashing.next(); !data.empty(); data = hashing.next())
    store::write_all(vfs, fd.get(), data, "blob");
  return {.digest = hashing.finish(), .size = hashing.size(), .file = std::move(name)};
}

store::StagedBlob stage_blob(store::Vfs& vfs, store::Staging& staging, std::string_view data) {
  MemorySource source(data);
  return stage_blob(vfs, staging, source);
}

}  // namespace containerlib::archive
