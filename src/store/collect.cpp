#include <fcntl.h>
#include <sys/file.h>

#include <set>

#include "store/impl.hpp"

// Removal of what nothing needs. The index decides: first rows go, then, under the write lock, what
// has no row is renamed to a staging directory, whose destructor unlinks it without any lock.
namespace containerlib::store {
namespace {

using Names = std::set<std::string, std::less<>>;

std::vector<std::string> list_dir(Vfs& vfs, int dir, const std::string& name) {
  std::vector<std::string> out;
  check(vfs.list(dir, [&](const char* entry, unsigned char) { out.emplace_back(entry); }), "read",
        name);
  return out;
}

Names select(Database& db, std::string_view sql) {
  Names out;
  db.each(sql, [&](const Row& row) { out.insert(row.text(0)); });
  return out;
}

}  // namespace

void Store::Impl::collect(Staging& staging) {
  try {
    std::lock_guard lock(mutex);
    Transaction transaction(*index);
    db().run(
        "DELETE FROM layers WHERE diff_id NOT IN (SELECT diff_id FROM image_layers)"
        " AND diff_id NOT IN (SELECT diff_id FROM container_layers)");
    db().run(
        "DELETE FROM blobs WHERE digest NOT IN (SELECT manifest FROM images"
        " UNION SELECT id FROM images UNION SELECT blob FROM image_layers)");
    transaction.commit();
  } catch (...) {
    staging.abandon();
    throw;
  }
  sweep(staging);
}

void Store::Impl::sweep(Staging& staging) {
  try {
    std::lock_guard lock(mutex);
    Transaction transaction(*index);
    sweep_locked(staging);
  } catch (...) {
    staging.abandon();
    throw;
  }
}

void Store::Impl::sweep_locked(Staging& staging) {
  Names digests = select(db(), "SELECT digest FROM blobs");
  for (std::string algorithm : {"sha256", "sha512"}) {
    Fd dir = open_dir(vfs, blobs.get(), algorithm);
    for (const std::string& hex : list_dir(vfs, dir.get(), algorithm))
      if (!digests.contains(algorithm + ':' + hex))
        move_away(dir.get(), "blobs/" + algorithm, hex, staging);
  }
  Names diff_ids = select(db(), "SELECT substr(diff_id, 8) FROM layers");
  for (const std::string& hex : list_dir(vfs, layers.get(), "layers"))
    if (!diff_ids.contains(hex)) move_away(layers.get(), "layers", hex, staging);
  Names numbers;
  db().each("SELECT number FROM layers",
            [&](const Row& row) { numbers.insert(link_name(row.number(0))); });
  for (const std::string& name : list_dir(vfs, links.get(), "l"))
    if (!numbers.contains(name)) move_away(links.get(), "l", name, staging);
  Names ids = select(db(), "SELECT substr(id, 8) FROM images");
  for (const std::string& hex : list_dir(vfs, locks.get(), "locks")) {
    if (ids.contains(hex)) continue;
    Fd file(vfs.open(locks.get(), hex.c_str(), O_RDONLY | O_NOFOLLOW, 0, 0));
    // Somebody waits for it, or is about to see that the image is gone.
    if (!file || vfs.lock(file.get(), LOCK_EX | LOCK_NB) < 0) continue;
    vfs.unlink(locks.get(), hex.c_str(), 0);
  }
}

}  // namespace containerlib::store
