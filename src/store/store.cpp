#include "store/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/error.hpp"
#include "store/impl.hpp"

namespace containerlib::store {
namespace {

/// Opens the root; makes it and what is missing above it.
Fd open_root(Vfs& vfs, const std::string& path, const Store::Impl& store) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    std::string part = path.substr(0, slash);
    bool last = slash == std::string::npos;
    if (int fd = vfs.open(AT_FDCWD, part.c_str(), O_PATH | O_DIRECTORY, 0, 0); fd >= 0) {
      Fd there(fd);
    } else if (fd == -ENOENT) {
      ensure_dir(vfs, AT_FDCWD, part, last ? 0700 : 0755);
    } else {
      check(fd, "open data directory", part);
    }
    if (last) break;
  }
  Fd root(static_cast<int>(check(vfs.open(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY, 0, 0),
                                 "open data directory", path)));
  struct stat status;
  check(vfs.stat(root.get(), "", status), "open data directory", path);
  // Not ours to change: it may be a directory the caller has other things in.
  if ((status.st_mode & 077) != 0)
    store.log(LogLevel::warning, "data directory " + path + " is accessible to other users");
  return root;
}

Fd make_and_open(Vfs& vfs, int dir, const std::string& name) {
  ensure_dir(vfs, dir, name, 0700);
  return open_dir(vfs, dir, name);
}

std::string absolute(const std::string& path) {
  std::string out = std::filesystem::absolute(path).lexically_normal().string();
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace

Store::Impl::Impl(Options given)
    : options(std::move(given)), vfs(options.vfs ? *options.vfs : Vfs::real()) {
  if (options.root.empty()) throw_error(Errc::invalid_option, "open store", "root", "it is empty");
  options.root = absolute(options.root);
  root = open_root(vfs, options.root, *this);
  blobs = make_and_open(vfs, root.get(), "blobs");
  ensure_dir(vfs, blobs.get(), "sha256", 0700);
  ensure_dir(vfs, blobs.get(), "sha512", 0700);
  layers = make_and_open(vfs, root.get(), "layers");
  links = make_and_open(vfs, root.get(), "l");
  containers = make_and_open(vfs, root.get(), "containers");
  locks = make_and_open(vfs, root.get(), "locks");
  tmp = make_and_open(vfs, root.get(), "tmp");
  index = std::make_unique<Index>(vfs, root.get(), options.root, options.durable);
  recover();
  make_reserve();
}

void Store::Impl::make_reserve() {
  constexpr std::size_t size = 256 << 10;
  // Of another opening at the same time, or there: it need not be whole.
  const int fd =
      vfs.open(root.get(), reserve_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, 0);
  if (fd < 0) return;
  const Fd made(fd);
  try {
    write_all(vfs, fd, std::string(size, '\0'), reserve_name);
  } catch (const Error&) {
    vfs.unlink(root.get(), reserve_name, 0);
  }
}

void Store::Impl::log(LogLevel level, std::string_view line) const {
  if (options.log) options.log(level, line);
}

Staging Store::Impl::stage() {
  return Staging(vfs, tmp.get(), [this](const std::string& name) { discard(name); });
}

void Store::Impl::discard(const std::string& name) noexcept {
  try {
    try {
      remove_tree(vfs, tmp.get(), name);
    } catch (const Error& error) {
      bool forbidden = error.code() == std::errc::permission_denied ||
                       error.code() == std::errc::operation_not_permitted;
      if (!forbidden || !options.remove_tree) throw;
      options.remove_tree(options.root + "/tmp/" + name);
    }
  } catch (const std::exception& error) {
    try {
      log(LogLevel::warning, error.what());
    } catch (...) {
      // The caller's callback threw inside a destructor.
    }
  }
}

void Store::Impl::recover() {
  std::vector<std::string> names;
  check(vfs.list(tmp.get(), [&](const char* name, unsigned char) { names.emplace_back(name); }),
        "read", "tmp");
  std::vector<std::pair<Fd, std::string>> stale;
  for (std::string& name : names) {
    int fd = vfs.open(tmp.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 0);
    if (fd < 0) continue;  // its owner has just removed it
    Fd held(fd);
    if (vfs.lock(held.get(), LOCK_EX | LOCK_NB) < 0) continue;
    struct stat status;
    check(vfs.stat(held.get(), "", status), "read", "tmp");
    if (status.st_nlink > 0) stale.emplace_back(std::move(held), std::move(name));
  }
  if (stale.empty()) return;
  Staging staging = stage();
  collect(staging);
  for (const auto& [held, name] : stale) discard(name);
}

std::string Store::Impl::blob_name(const oci::Digest& digest) {
  return (digest.algorithm() == oci::Digest::Algorithm::sha256 ? "sha256/" : "sha512/") +
         std::string(digest.hex());
}

void Store::Impl::move_away(int dir, const std::string& dir_path, const std::string& name,
                            Staging& staging) {
  std::string target = staging.fresh_name();
  int result = vfs.rename(dir, name.c_str(), staging.dir(), target.c_str(), 0);
  if (result == -EACCES && vfs.change_mode_at(dir, name.c_str(), 0700) == 0)
    result = vfs.rename(dir, name.c_str(), staging.dir(), target.c_str(), 0);
  if (result == -ENOENT) return;
  check(result, "remove", options.root + '/' + dir_path + '/' + name);
}

Store::Store(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Store::~Store() = default;

const std::string& Store::root() const noexcept { return impl_->options.root; }
Vfs& Store::vfs() const noexcept { return impl_->vfs; }
void Store::log(LogLevel level, std::string_view line) const { impl_->log(level, line); }
Staging Store::stage() { return impl_->stage(); }

Fd Store::open_blob(const oci::Digest& digest, std::uint64_t* size) const {
  int fd = impl_->vfs.open(impl_->blobs.get(), Impl::blob_name(digest).c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, 0);
  if (fd == -ENOENT)
    throw_error(Errc::image_corrupt, "open blob", digest.text(), "it is missing in the store");
  Fd out(static_cast<int>(check(fd, "open blob", digest.text())));
  struct stat status;
  check(impl_->vfs.stat(out.get(), "", status), "open blob", digest.text());
  std::int64_t recorded = status.st_size;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->db().each(
        "SELECT size FROM blobs WHERE digest=?1", [&](const Row& row) { recorded = row.number(0); },
        digest.text());
  }
  if (recorded != status.st_size)
    throw_error(Errc::image_corrupt, "open blob", digest.text(),
                "it has " + std::to_string(status.st_size) + " bytes, not " +
                    std::to_string(recorded) + "; load the image again");
  if (size) *size = static_cast<std::uint64_t>(recorded);
  return out;
}

Fd Store::open_layer(const oci::Digest& diff_id) const {
  int fd = impl_->vfs.open(impl_->layers.get(), std::string(diff_id.hex()).c_str(),
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 0);
  if (fd == -ENOENT)
    throw_error(Errc::image_corrupt, "open layer", diff_id.text(), "it is missing in the store");
  return Fd(static_cast<int>(check(fd, "open layer", diff_id.text())));
}

}  // namespace containerlib::store
