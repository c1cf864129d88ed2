#include <fcntl.h>
#include <sys/file.h>

#include "base/error.hpp"
#include "store/impl.hpp"

namespace containerlib::store {
namespace {

constexpr std::string_view columns = "SELECT id, name, image_id, created, json FROM containers ";

ContainerRecord read(const Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.number(3), row.text(4)};
}

bool is_id(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// An id becomes the name of a directory.
void require_id(const std::string& id) {
  if (!is_id(id))
    throw_error(Errc::invalid_option, "use container id", id, "64 hexadecimal digits are wanted");
}

/// An empty Fd: it is not there, or with LOCK_NB somebody has it.
Fd lock_container_dir(const Store::Impl& store, const std::string& id, int operation) {
  require_id(id);
  int fd =
      store.vfs.open(store.containers.get(), id.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 0);
  if (fd == -ENOENT) return {};
  Fd out(static_cast<int>(check(fd, "open directory of container", id)));
  int result = store.vfs.lock(out.get(), operation);
  if (result == -EWOULDBLOCK) return {};
  check(result, "lock directory of container", id);
  return out;
}

void claim_layers(Database& db, const ContainerRecord& record) {
  if (record.image_id.empty()) return;
  std::string manifest;
  db.each(
      "SELECT manifest FROM images WHERE id=?1 ORDER BY sequence DESC LIMIT 1",
      [&](const Row& row) { manifest = row.text(0); }, record.image_id);
  if (manifest.empty()) throw_no_image(record.image_id, "it has been removed");
  db.run(
      "INSERT INTO container_layers SELECT ?1, position, diff_id FROM image_layers"
      " WHERE manifest=?2",
      record.id, manifest);
}

[[noreturn]] void throw_name_in_use(const std::string& name) {
  throw_error(Errc::name_in_use, "name container", name, "remove the other one or choose a name");
}

}  // namespace

void Store::add_container(const ContainerRecord& record) {
  if (!try_add_container(record)) throw_name_in_use(record.name);
}

bool Store::try_add_container(const ContainerRecord& record) {
  require_id(record.id);
  std::lock_guard lock(impl_->mutex);
  Transaction transaction(*impl_->index, Transaction::Survives::process);
  Database& db = impl_->db();
  if (db.any("SELECT 1 FROM containers WHERE id=?1 OR name=?2", record.id, record.name))
    return false;
  claim_layers(db, record);
  db.run("INSERT INTO containers VALUES(?1, ?2, ?3, ?4, ?5)", record.id, record.name,
         record.image_id, record.created, record.json);
  transaction.commit();
  return true;
}

void Store::update_container(const ContainerRecord& record) {
  std::lock_guard lock(impl_->mutex);
  Transaction transaction(*impl_->index, Transaction::Survives::process);
  Database& db = impl_->db();
  if (!db.any("SELECT 1 FROM containers WHERE id=?1", record.id))
    throw_error(Errc::container_not_found, "update container", record.id);
  if (db.any("SELECT 1 FROM containers WHERE name=?1 AND id<>?2", record.name, record.id))
    throw_name_in_use(record.name);
  db.run("UPDATE containers SET name=?2, json=?3 WHERE id=?1", record.id, record.name, record.json);
  transaction.commit();
}

void Store::remove_container(const std::string& id) {
  impl_->making_room([&] {
    std::optional<Staging> staging;
    {
      std::lock_guard lock(impl_->mutex);
      Transaction transaction(*impl_->index, Transaction::Survives::process);
      Database& db = impl_->db();
      db.run("DELETE FROM containers WHERE id=?1", id);
      db.run("DELETE FROM container_layers WHERE container=?1", id);
      if (db.any("SELECT 1 FROM layers WHERE diff_id NOT IN (SELECT diff_id FROM image_layers)"
                 " AND diff_id NOT IN (SELECT diff_id FROM container_layers)"))
        staging.emplace(impl_->stage());
      transaction.commit();
    }
    if (staging) impl_->collect(*staging);
  });
}

std::vector<ContainerRecord> Store::containers() const {
  std::lock_guard lock(impl_->mutex);
  std::vector<ContainerRecord> out;
  impl_->db().each(std::string(columns) + "ORDER BY created DESC, id",
                   [&](const Row& row) { out.push_back(read(row)); });
  return out;
}

std::optional<ContainerRecord> Store::find_container(std::string_view text) const {
  std::lock_guard lock(impl_->mutex);
  Database& db = impl_->db();
  std::optional<ContainerRecord> out;
  auto take = [&](const Row& row) { out = read(row); };
  db.each(std::string(columns) + "WHERE id=?1", take, text);
  if (!out) db.each(std::string(columns) + "WHERE name=?1", take, text);
  bool hex = !text.empty() && text.find_first_not_of("0123456789abcdef") == text.npos;
  if (out || !hex) return out;
  int count = 0;
  db.each(
      std::string(columns) + "WHERE id >= ?1 AND id < ?2 LIMIT 2",
      [&](const Row& row) {
        take(row);
        ++count;
      },
      text, std::string(text) + 'g');
  if (count > 1)
    throw_error(Errc::container_not_found, "find container", std::string(text),
                "several containers have an id that starts so");
  return out;
}

std::vector<std::string> Store::container_lowers(const std::string& id) const {
  std::lock_guard lock(impl_->mutex);
  std::vector<std::string> out = impl_->link_names(
      "SELECT l.number, l.opaque FROM container_layers c JOIN layers l USING(diff_id) WHERE "
      "c.container=?1"
      " ORDER BY c.position DESC",
      id);
  if (out.empty() && !impl_->db().any("SELECT 1 FROM containers WHERE id=?1", id))
    throw_error(Errc::container_not_found, "find container", id);
  return out;
}

std::string Store::container_dir(const std::string& id) const {
  require_id(id);
  return root() + "/containers/" + id;
}

std::set<std::string> Store::container_dirs() const {
  std::set<std::string> out;
  auto add = [&](const char* name, unsigned char) {
    if (is_id(name)) out.insert(name);
  };
  check(impl_->vfs.list(impl_->containers.get(), add), "read", "containers");
  return out;
}

Fd Store::make_container_dir(const std::string& id) {
  require_id(id);
  ensure_dir(impl_->vfs, impl_->containers.get(), id, 0700);
  // Taken away in between, it is missed by whoever makes something in it.
  return hold_container_dir(id);
}

Fd Store::hold_container_dir(const std::string& id) const {
  return lock_container_dir(*impl_, id, LOCK_SH);
}

Fd Store::take_container_dir(const std::string& id) const {
  return lock_container_dir(*impl_, id, LOCK_EX | LOCK_NB);
}

void Store::remove_container_dir(const std::string& id) {
  require_id(id);
  if (!exists(impl_->vfs, impl_->containers.get(), id)) return;
  impl_->making_room([&] {
    Staging staging = impl_->stage();
    impl_->move_away(impl_->containers.get(), "containers", id, staging);
  });
}

}  // namespace containerlib::store
