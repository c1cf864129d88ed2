#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>

#include "base/error.hpp"
#include "store/impl.hpp"

// How a load becomes visible: everything is staged and on the disk before the write lock is taken;
// under it there are renames, links and rows only.
namespace containerlib::store {
namespace {

/// One commit, with the mutex and the write lock held.
class Commit {
 public:
  Commit(Store::Impl& store, Staging& staging) : store_(store), staging_(staging) {}

  /// False when what the batch takes for present is not there.
  bool presumed_are_there(const Batch& batch) {
    for (const StagedLayer& layer : batch.layers)
      if (layer.dir.empty() && !is_there(layer)) return false;
    return true;
  }

  void add(const Batch& batch) {
    for (const StagedBlob& blob : batch.blobs) add(blob);
    for (const StagedLayer& layer : batch.layers)
      if (!layer.dir.empty() && !is_there(layer)) add(layer);
    for (const NewImage& image : batch.images) add(image);
  }

 private:
  Database& db() { return store_.db(); }
  Vfs& vfs() { return store_.vfs; }

  bool is_there(const StagedLayer& layer) {
    return db().any("SELECT 1 FROM layers WHERE diff_id=?1", layer.diff_id.text()) &&
           exists(vfs(), store_.layers.get(), std::string(layer.diff_id.hex()));
  }

  /// Also over a file that is there: the new one was verified a moment ago.
  void add(const StagedBlob& blob) {
    check(vfs().rename(staging_.dir(), blob.file.c_str(), store_.blobs.get(),
                       Store::Impl::blob_name(blob.digest).c_str(), 0),
          "add blob", blob.digest.text());
    db().run("INSERT OR REPLACE INTO blobs VALUES(?1, ?2)", blob.digest.text(),
             static_cast<std::int64_t>(blob.size));
  }

  void add(const StagedLayer& layer) {
    std::string hex(layer.diff_id.hex());
    if (exists(vfs(), store_.layers.get(), hex))  // of a commit that never ended
      store_.move_away(store_.layers.get(), "layers", hex, staging_);
    check(rename_layer(layer.dir, hex), "add layer", layer.diff_id.text());
    // A row without a directory is healed: the number and so the short name stay.
    db().run(
        "INSERT INTO layers(diff_id, size, tar_size, opaque) VALUES(?1, ?2, ?3, ?4)"
        " ON CONFLICT(diff_id) DO NOTHING",
        layer.diff_id.text(), static_cast<std::int64_t>(layer.record.size),
        static_cast<std::int64_t>(layer.record.tar_size), std::int64_t{layer.record.opaque_root});
    std::int64_t number = 0;
    db().each(
        "SELECT number FROM layers WHERE diff_id=?1",
        [&](const Row& row) { number = row.number(0); }, layer.diff_id.text());
    add_link(link_name(number), "../layers/" + hex);
  }

  /// The rename of a directory to another parent needs write permission on it, which the layer's
  /// root may not give us (rootless).
  int rename_layer(const std::string& from, const std::string& hex) {
    auto rename = [&] {
      return vfs().rename(staging_.dir(), from.c_str(), store_.layers.get(), hex.c_str(), 0);
    };
    int result = rename();
    if (result != -EACCES) return result;
    struct stat status;
    check(vfs().stat(staging_.dir(), from.c_str(), status), "add layer", hex);
    check(vfs().change_mode_at(staging_.dir(), from.c_str(), 0700), "add layer", hex);
    result = rename();
    if (result == 0)
      result = vfs().change_mode_at(store_.layers.get(), hex.c_str(), status.st_mode & 07777);
    return result;
  }

  void add_link(const std::string& name, const std::string& target) {
    int result = vfs().make_symlink(target.c_str(), store_.links.get(), name.c_str());
    if (result == -EEXIST) {  // of a commit that never ended
      check(vfs().unlink(store_.links.get(), name.c_str(), 0), "add layer", name);
      result = vfs().make_symlink(target.c_str(), store_.links.get(), name.c_str());
    }
    check(result, "add layer", name);
  }

  void add(const NewImage& image) {
    db().run(
        "INSERT INTO images(manifest, id, media_type, loaded) VALUES(?1, ?2, ?3, ?4)"
        " ON CONFLICT(manifest) DO UPDATE SET loaded=?4",
        image.digest.text(), image.config.text(), image.media_type,
        static_cast<std::int64_t>(std::time(nullptr)));
    std::int64_t position = 0;
    for (const NewImage::Layer& layer : image.layers)
      db().run("INSERT OR REPLACE INTO image_layers VALUES(?1, ?2, ?3, ?4)", image.digest.text(),
               position++, layer.diff_id.text(), layer.blob.text());
    for (const oci::Reference& name : image.names)
      db().run("INSERT OR REPLACE INTO tags VALUES(?1, ?2)", name.text(), image.digest.text());
  }

  Store::Impl& store_;
  Staging& staging_;
};

}  // namespace

bool Store::commit(Staging& staging, const Batch& batch) {
  Impl& store = *impl_;
  Vfs& vfs = store.vfs;
  bool durable = store.options.durable;
  if (durable) check(vfs.sync_file_system(staging.dir()), "sync", store.options.root);
  try {
    std::lock_guard lock(store.mutex);
    Transaction transaction(*store.index);
    Commit commit(store, staging);
    if (!commit.presumed_are_there(batch)) return false;
    commit.add(batch);
    if (durable) {
      for (std::string dir : {"blobs/sha256", "blobs/sha512", "layers", "l"})
        check(vfs.sync(open_dir(vfs, store.root.get(), dir).get()), "sync", dir);
    }
    transaction.commit();
    return true;
  } catch (...) {
    // What was renamed already has no row and goes again; sweep() sees to it that a failure here
    // is made good by the next open.
    try {
      store.sweep(staging);
    } catch (const Error&) {
    }
    throw;
  }
}

}  // namespace containerlib::store
