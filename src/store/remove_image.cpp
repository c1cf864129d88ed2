#include <fcntl.h>
#include <sys/file.h>

#include "base/error.hpp"
#include "store/impl.hpp"

namespace containerlib::store {
namespace {

/// What a removal by this reference takes away.
struct Plan {
  std::string id;
  std::vector<std::string> manifests;
  std::vector<std::string> tags;
  bool by_name = false;
  bool whole_image = false;  ///< not only a name of several
};

Plan make_plan(const Store::Impl& store, std::string_view reference) {
  std::string hint;
  auto manifest = store.find_manifest(reference, &hint);
  if (!manifest) throw_no_image(reference, hint);
  Plan plan;
  store.db().each(
      "SELECT id FROM images WHERE manifest=?1", [&](const Row& row) { plan.id = row.text(0); },
      *manifest);
  auto name = oci::Reference::parse(reference);
  plan.by_name = name && store.db().any("SELECT 1 FROM tags WHERE name=?1", name->text());
  if (plan.by_name) {
    plan.tags = {name->text()};
    plan.manifests = {*manifest};
    plan.whole_image = store.tags_of(*manifest).size() == 1;
    return plan;
  }
  plan.whole_image = true;
  store.db().each(
      "SELECT manifest FROM images WHERE id=?1",
      [&](const Row& row) { plan.manifests.push_back(row.text(0)); }, plan.id);
  for (const std::string& each : plan.manifests)
    for (std::string& tag : store.tags_of(each)) plan.tags.push_back(std::move(tag));
  return plan;
}

/// The image's lock, exclusively; throws in_use when somebody holds it.
Fd lock_out_users(const Store::Impl& store, const std::string& id, std::string_view reference) {
  Fd lock = open_at(store.vfs, store.locks.get(), id.substr(7), O_RDWR | O_CREAT, 0600);
  int result = store.vfs.lock(lock.get(), LOCK_EX | LOCK_NB);
  if (result == -EWOULDBLOCK)
    throw_error(Errc::in_use, "remove image", std::string(reference), "a container is using it");
  check(result, "lock image", id);
  return lock;
}

void refuse_if_recorded(const Store::Impl& store, const std::string& id,
                        std::string_view reference) {
  std::string user;
  store.db().each(
      "SELECT name FROM containers WHERE image_id=?1 LIMIT 1",
      [&](const Row& row) { user = row.text(0); }, id);
  if (!user.empty())
    throw_error(Errc::in_use, "remove image", std::string(reference),
                "container " + user + " was made from it; remove that first, or force");
}

/// An id may be typed by someone who knows one of the names.
void refuse_several_names(const Plan& plan, std::string_view reference) {
  if (plan.by_name || plan.tags.size() < 2) return;
  std::string names;
  for (const std::string& tag : plan.tags) names += (names.empty() ? "" : ", ") + tag;
  throw_error(Errc::in_use, "remove image", std::string(reference),
              "it has several names: " + names + "; remove those, or force");
}

void delete_rows(const Store::Impl& store, const Plan& plan) {
  for (const std::string& tag : plan.tags) store.db().run("DELETE FROM tags WHERE name=?1", tag);
  if (!plan.whole_image) return;
  for (const std::string& manifest : plan.manifests) {
    store.db().run("DELETE FROM images WHERE manifest=?1", manifest);
    store.db().run("DELETE FROM image_layers WHERE manifest=?1", manifest);
  }
}

std::vector<std::string> remove(Store::Impl& store, std::string_view reference, bool force) {
  Plan plan;
  bool deleted = false;
  Staging staging = store.stage();
  {
    std::lock_guard lock(store.mutex);
    Transaction transaction(*store.index);
    plan = make_plan(store, reference);
    if (!force) refuse_several_names(plan, reference);
    Fd exclusive;  // until the rows are gone: hold_image() looks for them once it has the lock
    if (plan.whole_image) {
      exclusive = lock_out_users(store, plan.id, reference);
      if (!force) refuse_if_recorded(store, plan.id, reference);
    }
    delete_rows(store, plan);
    deleted = !store.db().any("SELECT 1 FROM images WHERE id=?1", plan.id);
    transaction.commit();
  }
  std::vector<std::string> lines;
  for (const std::string& tag : plan.tags) lines.push_back("untagged: " + tag);
  if (deleted) lines.push_back("deleted: " + plan.id);
  if (plan.whole_image) store.collect(staging);
  return lines;
}

}  // namespace

std::vector<std::string> Store::remove_image(std::string_view reference, bool force) {
  return impl_->making_room([&] { return remove(*impl_, reference, force); });
}

}  // namespace containerlib::store
