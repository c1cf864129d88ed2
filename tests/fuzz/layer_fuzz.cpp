// A layer unpacked beside a canary. Each line is an entry: "TYPE PATH" or "TYPE PATH TARGET", where
// TYPE is the type of a tar header: 0 a file, 1 a hard link, 2 a symlink, 3 a device, 5 a
// directory, 6 a fifo.
#include <fcntl.h>
#include <sys/stat.h>

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

class Ground {
 public:
  Ground() {
    const std::string outside = fuzz::scratch() + "/outside";
    ::mkdir(outside.c_str(), 0755);
    outside_ = Fd(::open(outside.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
    fuzz::ScratchFile(outside + "/canary").hold("alive");
    canary_ = canary_now(outside_.get());
  }
  void unpack(const std::string& tar) {
    const std::string layer = fuzz::scratch() + "/layer";
    ::mkdir(layer.c_str(), 0755);
    const Fd root(::open(layer.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
    const test::TestHost ours;
    const store::Log log;
    const auto no_lower = [](std::size_t) { return Fd(); };
    fuzz::accepted([&] {
      MemorySource source(tar);
      archive::unpack(source, {store::Vfs::real(), root.get(), no_lower, "a test", ours.host, log});
    });
    fuzz::require(canary_now(outside_.get()) == canary_, "nothing outside of a layer changes");
    fuzz::require(sys::remove_tree(AT_FDCWD, layer.c_str()) == 0, "a layer can be removed");
    fuzz::require(canary_now(outside_.get()) == canary_, "to remove a layer changes nothing else");
  }

 private:
  Fd outside_;
  std::string canary_;
};

}  // namespace

void fuzz::one(std::string_view input) {
  static Ground ground;
  ground.unpack(tar_of(input));
}
