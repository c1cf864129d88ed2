#include "security/attack.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <system_error>

namespace fs = std::filesystem;

namespace tests {
namespace {

std::string time_of(const timespec& time) {
  return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
}

/// All but the time of the last access.
std::string state_of(const fs::path& path) {
  struct stat st;
  if (::lstat(path.c_str(), &st) != 0) throw std::system_error(errno, std::generic_category());
  std::string out;
  for (const auto number :
       {static_cast<unsigned long>(st.st_dev), static_cast<unsigned long>(st.st_ino),
        static_cast<unsigned long>(st.st_mode), static_cast<unsigned long>(st.st_nlink),
        static_cast<unsigned long>(st.st_uid), static_cast<unsigned long>(st.st_gid)})
    out += std::to_string(number) + " ";
  out += time_of(st.st_mtim) + " " + time_of(st.st_ctim) + " ";
  if (S_ISLNK(st.st_mode)) return out + fs::read_symlink(path).string();
  return S_ISREG(st.st_mode) ? out + read_file(path) : out;
}

void exchange(const std::stop_token& stop, const fs::path& one, const fs::path& other,
              std::atomic<long>& count) {
  while (!stop.stop_requested())
    if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) ++count;
}

}  // namespace

Canary::Canary(fs::path dir) : dir_(std::move(dir)) {
  fs::create_directories(dir_ / "dir");
  for (const char* name : {"file", "dir/file", "null", "ptmx"}) write_file(dir_ / name, secret);
  before_ = now();
}

Canary::~Canary() {
  std::error_code error;
  fs::remove_all(dir_, error);
}

Canary::State Canary::now() const {
  State out;
  out["."] = state_of(dir_);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(dir_))
    out[fs::relative(entry.path(), dir_)] = state_of(entry.path());
  return out;
}

std::string Canary::changes() const {
  const State after = now();
  std::string out;
  for (const auto& [name, state] : after) {
    const auto before = before_.find(name);
    if (before == before_.end())
      out += "new: " + name + "\n";
    else if (before->second != state)
      out += "changed: " + name + "\n";
  }
  for (const auto& [name, state] : before_)
    if (!after.contains(name)) out += "gone: " + name + "\n";
  return out;
}

Exchanger::Exchanger(fs::path one, fs::path other)
    : thread_([this, one = std::move(one), other = std::move(other)](const std::stop_token& stop) {
        exchange(stop, one, other, count_);
      }) {}

HostileImage::HostileImage(Containers& test,
                           const std::function<void(const fs::path& root)>& change)
    : test_(test) {
  const fs::path root = test.host.scratch / "hostile";
  fs::copy(test.host.busybox_root(), root,
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  change(root);
  image_.emplace(test.runtime().import(root, {.tag = "hostile"}));
  fs::remove_all(root);
}

HostileImage::~HostileImage() {
  image_.reset();
  const auto removed = test_.runtime().try_remove_image("hostile");
  CHECK_MESSAGE(removed, "the hostile image is in use");
}

void replace_by_link(const fs::path& path, const std::string& target) {
  fs::remove_all(path);
  fs::create_directories(path.parent_path());
  fs::create_symlink(target, path);
}

}  // namespace tests
