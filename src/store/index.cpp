#include "store/index.hpp"

#include <containerlib/error.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::store {
namespace {

constexpr std::int64_t schema_version = 2;
constexpr std::string_view file_name = "index.sqlite";

// layers.number becomes the name below l/ and is never used again (AUTOINCREMENT), so a mount that
// still has the old name cannot see another layer. container_layers keeps a container's layers when
// its image was removed by force.
constexpr std::string_view tables[] = {
    "CREATE TABLE blobs(digest TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE layers(number INTEGER PRIMARY KEY AUTOINCREMENT, diff_id TEXT NOT NULL UNIQUE,"
    " size INTEGER NOT NULL, tar_size INTEGER NOT NULL, opaque INTEGER NOT NULL)",
    "CREATE TABLE images(sequence INTEGER PRIMARY KEY AUTOINCREMENT, manifest TEXT NOT NULL UNIQUE,"
    " id TEXT NOT NULL, media_type TEXT NOT NULL, loaded INTEGER NOT NULL)",
    "CREATE INDEX image_ids ON images(id)",
    "CREATE TABLE image_layers(manifest TEXT NOT NULL, position INTEGER NOT NULL,"
    " diff_id TEXT NOT NULL, blob TEXT NOT NULL, PRIMARY KEY(manifest, position)) WITHOUT ROWID",
    "CREATE TABLE tags(name TEXT PRIMARY KEY, manifest TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX tag_manifests ON tags(manifest)",
    "CREATE TABLE containers(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " image_id TEXT NOT NULL, created INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE container_layers(container TEXT NOT NULL, position INTEGER NOT NULL,"
    " diff_id TEXT NOT NULL, PRIMARY KEY(container, position)) WITHOUT ROWID",
};

std::int64_t version_of(Database& db) {
  std::int64_t version = 0;
  db.each("PRAGMA user_version", [&](const Row& row) { version = row.number(0); });
  return version;
}

/// Made by us, not by SQLite: its mode must not depend on the host's umask.
std::string ensure_file(Vfs& vfs, int root_dir, const std::string& root) {
  std::string name(file_name);
  int fd = vfs.open(root_dir, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, 0);
  if (fd != -EEXIST) {
    Fd made(static_cast<int>(check(fd, "make index", root + '/' + name)));
    check(vfs.change_mode(made.get(), 0600), "make index", root + '/' + name);
  }
  return root + '/' + name;
}

}  // namespace

Index::Index(Vfs& vfs, int root_dir, const std::string& root, bool durable)
    : vfs_(vfs), durable_(durable), db_(ensure_file(vfs, root_dir, root)) {
  std::int64_t version = version_of(db_);
  if (version == 0) {
    Fd lock = open_dir(vfs, root_dir, ".");
    check(vfs.lock(lock.get(), LOCK_EX), "lock", root);
    version = version_of(db_);
    if (version == 0) {
      make_tables();
      version = schema_version;
    }
  }
  if (version != schema_version)
    throw_error(Errc::unsupported, "open index", root + '/' + std::string(file_name),
                "written by another version of this library");
  db_.run("PRAGMA temp_store=MEMORY");
  db_.run("PRAGMA journal_size_limit=0");
}

void Index::make_tables() {
  db_.run("PRAGMA journal_mode=WAL");
  Transaction transaction(*this);
  for (std::string_view sql : tables) db_.run(sql);
  db_.run("PRAGMA user_version=" + std::to_string(schema_version));
  transaction.commit();
}

Transaction::Transaction(Index& index, Survives survives) : index_(index) {
  // With WAL, NORMAL keeps the file consistent but may lose the last commits in a power failure.
  bool full = index.durable_ && survives == Survives::power_failure;
  std::string_view level = full ? "FULL" : (index.durable_ ? "NORMAL" : "OFF");
  index.db_.run("PRAGMA synchronous=" + std::string(level));
  index.db_.run("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    index_.db_.run("ROLLBACK");
  } catch (const Error&) {
    // SQLite has rolled back by itself (it does so on a full disk).
  }
}

void Transaction::commit() {
  check(index_.vfs_.commit_index(), "commit", "index");
  index_.db_.run("COMMIT");
  open_ = false;
}

}  // namespace containerlib::store
