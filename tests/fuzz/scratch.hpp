#pragma once
#include <fcntl.h>
#include <unistd.h>
#include <containerlib/fd.hpp>

#include <cstdlib>
#include <string>
#include <string_view>

namespace fuzz {

/// A directory that goes when the program has ended (see `run`).
inline std::string scratch() {
  const char* folder = std::getenv("TMPDIR");
  return folder ? folder : "/tmp";
}

/// A file that holds each input in turn.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  int fd() const { return fd_.get(); }
  void hold(std::string_view text) {
    if (::ftruncate(fd(), 0) != 0 || ::lseek(fd(), 0, SEEK_SET) != 0 ||
        ::write(fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      std::abort();
  }

 private:
  containerlib::Fd fd_;
};

}  // namespace fuzz
