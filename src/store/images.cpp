#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.hpp"
#include "oci/image_config.hpp"
#include "oci/json.hpp"
#include "store/impl.hpp"

namespace containerlib::store {
namespace {

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// The digits of an id or of the start of one; empty when it cannot be one.
std::string_view id_digits(std::string_view text) {
  if (text.starts_with("sha256:")) text.remove_prefix(7);
  return is_hex(text) && text.size() <= 64 ? text : std::string_view();
}

std::string read_document(const Store::Impl& store, const oci::Digest& digest, std::size_t limit) {
  std::string text;
  try {
    text = read_file(store.vfs, store.blobs.get(), Store::Impl::blob_name(digest), limit);
  } catch (const Error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
    throw_error(Errc::image_corrupt, "read blob", digest.text(),
                "it is missing in the store; load the image again");
  }
  oci::Hasher hasher(digest.algorithm());
  hasher.update(text.data(), text.size());
  if (hasher.finish() != digest)
    throw_error(Errc::image_corrupt, "read blob", digest.text(),
                "its content has changed; load the image again");
  return text;
}

oci::Digest stored_digest(const std::string& text) {
  return oci::Digest::require(text, "digest in index");
}

}  // namespace

void throw_no_image(std::string_view reference, std::string hint) {
  if (hint.empty()) hint = "load or import it first";
  throw_error(Errc::image_not_found, "find image", std::string(reference), std::move(hint));
}

std::string link_name(std::int64_t number) {
  std::string out;
  do {
    out += "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
    number /= 36;
  } while (number > 0);
  std::reverse(out.begin(), out.end());
  return out;
}

std::vector<std::string> Store::Impl::tags_of(const std::string& manifest) const {
  std::vector<std::string> out;
  db().each(
      "SELECT name FROM tags WHERE manifest=?1 ORDER BY name",
      [&](const Row& row) { out.push_back(row.text(0)); }, manifest);
  return out;
}

std::optional<std::string> Store::Impl::find_manifest(std::string_view text,
                                                      std::string* hint) const {
  std::optional<std::string> found;
  auto take = [&](const Row& row) { found = row.text(0); };
  auto reference = oci::Reference::parse(text);
  if (reference) {
    db().each("SELECT manifest FROM tags WHERE name=?1", take, reference->text());
    if (!found && reference->digest()) {
      for (const std::string& tag : tags_of(reference->digest()->text()))
        if (oci::Reference::require(tag).name() == reference->name())
          found = reference->digest()->text();
    }
    if (found) return found;
  }
  std::string_view digits = id_digits(text);
  if (digits.empty()) {
    if (!reference && hint) *hint = "not a name, an id or the start of an id";
    return std::nullopt;
  }
  std::string from = "sha256:" + std::string(digits), id;
  bool ambiguous = false;
  db().each(
      "SELECT manifest, id FROM images WHERE id >= ?1 AND id < ?2 ORDER BY sequence",
      [&](const Row& row) {
        ambiguous = ambiguous || (!id.empty() && id != row.text(1));
        found = row.text(0);
        id = row.text(1);
      },
      from, from + 'g');
  if (ambiguous) {
    if (hint) *hint = "several images have an id that starts so";
    return std::nullopt;
  }
  if (!found) db().each("SELECT manifest FROM images WHERE manifest=?1", take, from);
  return found;
}

ImageRecord Store::Impl::read_record(const std::string& manifest) const {
  std::string id, media_type;
  std::int64_t loaded = 0;
  db().each(
      "SELECT id, media_type, loaded FROM images WHERE manifest=?1",
      [&](const Row& row) {
        id = row.text(0);
        media_type = row.text(1);
        loaded = row.number(2);
      },
      manifest);
  if (id.empty()) throw_no_image(manifest, "it has been removed");
  ImageRecord out{.id = stored_digest(id), .digest = stored_digest(manifest)};
  out.media_type = media_type;
  out.loaded = loaded;
  try {
    out.manifest_json = read_document(*this, out.digest, oci::json::max_manifest_size);
    out.config_json = read_document(*this, out.id, oci::json::max_config_size);
  } catch (const Error&) {
    // Another process may have removed it since.
    if (!db().any("SELECT 1 FROM images WHERE manifest=?1", manifest))
      throw_no_image(manifest, "it has been removed");
    throw;
  }
  db().each(
      "SELECT i.diff_id, i.blob, l.size FROM image_layers i JOIN layers l USING(diff_id)"
      " WHERE i.manifest=?1 ORDER BY i.position",
      [&](const Row& row) {
        out.layers.push_back(stored_digest(row.text(0)));
        out.layer_blobs.push_back(stored_digest(row.text(1)));
        out.size += static_cast<std::uint64_t>(row.number(2));
      },
      manifest);
  out.tags = tags_of(manifest);
  return out;
}

std::vector<std::string> Store::Impl::link_names(std::string_view sql,
                                                 const std::string& key) const {
  std::vector<std::string> out;
  bool hidden = false;
  db().each(
      sql,
      [&](const Row& row) {
        std::string name = link_name(row.number(0));
        bool again = std::find(out.begin(), out.end(), name) != out.end();
        if (!hidden && !again) out.push_back(std::move(name));
        hidden = hidden || row.number(1) != 0;
      },
      key);
  return out;
}

ImageRecord Store::image(std::string_view reference) const {
  std::lock_guard lock(impl_->mutex);
  std::string hint;
  auto manifest = impl_->find_manifest(reference, &hint);
  if (!manifest) throw_no_image(reference, hint);
  return impl_->read_record(*manifest);
}

ImageRecord Store::image(const oci::Digest& manifest) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->read_record(manifest.text());
}

std::vector<ImageRecord> Store::images() const {
  std::vector<ImageRecord> out;
  std::vector<std::string> warnings;
  {
    std::lock_guard lock(impl_->mutex);
    std::vector<std::string> manifests;
    impl_->db().each("SELECT manifest FROM images ORDER BY sequence DESC",
                     [&](const Row& row) { manifests.push_back(row.text(0)); });
    for (const std::string& manifest : manifests) {
      try {
        out.push_back(impl_->read_record(manifest));
      } catch (const Error& error) {
        if (error.code() != Errc::image_not_found) warnings.emplace_back(error.what());
      }
    }
  }
  for (const std::string& warning : warnings) log(LogLevel::warning, warning);
  return out;
}

std::vector<std::string> Store::tags(const oci::Digest& manifest) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->tags_of(manifest.text());
}

void Store::tag(const oci::Digest& manifest, const oci::Reference& name) {
  if (name.digest())
    throw_error(Errc::invalid_option, "tag image", name.text(), "a name to give has no digest");
  std::lock_guard lock(impl_->mutex);
  Transaction transaction(*impl_->index);
  if (!impl_->db().any("SELECT 1 FROM images WHERE manifest=?1", manifest.text()))
    throw_no_image(manifest.text());
  impl_->db().run("INSERT OR REPLACE INTO tags VALUES(?1, ?2)", name.text(), manifest.text());
  transaction.commit();
}

std::vector<std::string> Store::lowers(const ImageRecord& image) const {
  std::lock_guard lock(impl_->mutex);
  std::vector<std::string> out = impl_->link_names(
      "SELECT l.number, l.opaque FROM image_layers i JOIN layers l USING(diff_id) WHERE "
      "i.manifest=?1"
      " ORDER BY i.position DESC",
      image.digest.text());
  if (out.empty() &&
      !impl_->db().any("SELECT 1 FROM images WHERE manifest=?1", image.digest.text()))
    throw_no_image(image.id.text(), "it has been removed");
  return out;
}

Fd Store::hold_image(const ImageRecord& image) const {
  std::string name(image.id.hex());
  while (true) {
    Fd out = open_at(impl_->vfs, impl_->locks.get(), name, O_RDWR | O_CREAT, 0600);
    check(impl_->vfs.lock(out.get(), LOCK_SH), "lock image", image.id.text());
    struct stat status;
    check(impl_->vfs.stat(out.get(), "", status), "lock image", image.id.text());
    std::lock_guard lock(impl_->mutex);
    if (!impl_->db().any("SELECT 1 FROM images WHERE manifest=?1", image.digest.text()))
      throw_no_image(image.id.text(), "it has been removed");
    if (status.st_nlink > 0) return out;  // else a removal has unlinked the file: take the new one
  }
}

bool Store::knows_layer(const oci::Digest& diff_id, const oci::Digest& blob) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->db().any("SELECT 1 FROM image_layers WHERE diff_id=?1 AND blob=?2", diff_id.text(),
                         blob.text());
}

std::optional<LayerRecord> Store::layer(const oci::Digest& diff_id) const {
  std::lock_guard lock(impl_->mutex);
  std::optional<LayerRecord> out;
  impl_->db().each(
      "SELECT size, tar_size, opaque FROM layers WHERE diff_id=?1",
      [&](const Row& row) {
        out = LayerRecord{.size = static_cast<std::uint64_t>(row.number(0)),
                          .tar_size = static_cast<std::uint64_t>(row.number(1)),
                          .opaque_root = row.number(2) != 0};
      },
      diff_id.text());
  if (out && !exists(impl_->vfs, impl_->layers.get(), std::string(diff_id.hex()))) out.reset();
  return out;
}

}  // namespace containerlib::store
