#pragma once
#include <containerlib/config.hpp>

#include <unistd.h>

#include <utility>

CONTAINERLIB_BEGIN_NAMESPACE

/// An owned file descriptor, closed by the destructor. Those the library hands out are O_CLOEXEC.
/// Not synchronised: one thread at a time, as with std::unique_ptr.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

CONTAINERLIB_END_NAMESPACE
