// A layer unpacked beside a canary. Each line is an entry: "TYPE PATH" or "TYPE PATH TARGET", where
// TYPE is the type of a tar header: 0 a file, 1 a hard link, 2 a symlink, 3 a device, 5 a
// directory, 6 a fifo.
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/unpack.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/scratch.hpp"
#include "linux/remove_tree.hpp"
#include "linux/text.hpp"
#include "store/vfs.hpp"
#include "unit/archive/tar_bytes.hpp"
#include "unit/archive/test_host.hpp"

using namespace containerlib;
using namespace containerlib::archive;

namespace {

std::string tar_of(std::string_view text) {
  test::TarBytes tar;
  for (const std::string_view line : sys::lines(text)) {
    const auto word = sys::split(line, ' ');
    if (word[0].size() != 1 || word.size() < 2 || word.size() > 3 || line.size() > 90) continue;
    tar.add({.name = std::string(word[1]),
             .type = word[0][0],
             .content = word[0] == "0" ? "content" : "",
             .link = std::string(word.size() == 3 ? word[2] : ""),
             .mode = 07777,
             .uid = 7});
  }
  return tar.end();
}

/// What would change if anything outside of the layer did.
std::string canary_now(int dir) {
  std::string out;
  for (const char* path : {".", "canary", ".."}) {
    struct stat st {};
    if (::fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0) std::abort();
    // The directory above has the layers in it, which come and go.
    const bool above = path == std::string_view("..");
    for (const auto value : {std::uint64_t{st.st_mode}, std::uint64_t{st.st_uid}, st.st_ino,
                             above ? 0 : std::uint64_t{st.st_nlink},
                             above ? 0 : static_cast<std::uint64_t>(st.st_ctim.tv_nsec)})
      out += std::to_string(value) + ' ';
  }
  return out;
}

/// Root's power over files is not for a layer that should get out.
class Powerless {
 public:
  Powerless() { become(nobody); }
  ~Powerless() { become(::geteuid()); }
  Powerless(const Powerless&) = delete;
  static constexpr uid_t nobody = 65534;

 private:
  static void become(uid_t uid) {
    if (::geteuid() == 0) ::setfsuid(uid);
  }
};

/// Where layers are unpacked, with the canary.
class Ground {
 public:
  Ground() : path_(fuzz::scratch() + "/ground") {
    ::chmod(fuzz::scratch().c_str(), 0711);
    make_directory(path_);
    make_directory(path_ + "/outside");
    outside_ = open_directory(path_ + "/outside");
    fuzz::ScratchFile(path_ + "/outside/canary").hold("alive");
    canary_ = canary_now(outside_.get());
  }
  void unpack(const std::string& tar) {
    const Powerless powerless;
    const std::string layer = path_ + "/layer";
    ::mkdir(layer.c_str(), 0755);
    const Fd root = open_directory(layer);
    test::RecordedOwners owners;
    const Host host{.owners = &owners};
    const store::Log log;
    const auto no_lower = [](std::size_t) { return Fd(); };
    fuzz::accepted([&] {
      MemorySource source(tar);
      archive::unpack(source, {store::Vfs::real(), root.get(), no_lower, "a test", host, log});
    });
    fuzz::require(canary_now(outside_.get()) == canary_, "nothing outside of a layer changes");
    fuzz::require(sys::remove_tree(AT_FDCWD, layer.c_str()) == 0, "a layer can be removed");
    fuzz::require(canary_now(outside_.get()) == canary_, "to remove a layer changes nothing else");
  }

 private:
  static void make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) != 0) std::abort();
    if (::geteuid() == 0 && ::chown(path.c_str(), Powerless::nobody, Powerless::nobody) != 0)
      std::abort();
  }
  static Fd open_directory(const std::string& path) {
    return Fd(::open(path.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  }
  const std::string path_;
  Fd outside_;
  std::string canary_;
};

}  // namespace

void fuzz::one(std::string_view input) {
  static Ground ground;
  ground.unpack(tar_of(input));
}
