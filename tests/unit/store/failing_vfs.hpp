#pragma once
#include <atomic>
#include <cerrno>

#include "store/vfs.hpp"

namespace test {

/// Fails the n-th call that changes the disk, or that and all after it. The rest is the real one.
class FailingVfs : public containerlib::store::Vfs {
 public:
  using Base = containerlib::store::Vfs;

  std::atomic<long> calls{0};
  std::atomic<long> fail_at{0};  ///< from 1 up; 0 never
  std::atomic<bool> and_later{false};
  std::atomic<int> error{EIO};

  void arm(long n, int with, bool later) {
    calls = 0;
    error = with;
    and_later = later;
    fail_at = n;
  }
  void disarm() { fail_at = 0; }

  int open(int dir, const char* path, int flags, mode_t mode, unsigned resolve) override {
    return fails() ? -error : Base::open(dir, path, flags, mode, resolve);
  }
  ssize_t write(int fd, const void* data, std::size_t size) override {
    return fails() ? -error : Base::write(fd, data, size);
  }
  int make_dir(int dir, const char* name, mode_t mode) override {
    return fails() ? -error : Base::make_dir(dir, name, mode);
  }
  int make_symlink(const char* target, int dir, const char* name) override {
    return fails() ? -error : Base::make_symlink(target, dir, name);
  }
  int make_node(int dir, const char* name, mode_t mode, dev_t device) override {
    return fails() ? -error : Base::make_node(dir, name, mode, device);
  }
  int link(int from_dir, const char* from, int to_dir, const char* to) override {
    return fails() ? -error : Base::link(from_dir, from, to_dir, to);
  }
  int rename(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) override {
    return fails() ? -error : Base::rename(from_dir, from, to_dir, to, flags);
  }
  int unlink(int dir, const char* name, int flags) override {
    return fails() ? -error : Base::unlink(dir, name, flags);
  }
  int change_owner(int dir, const char* name, uid_t uid, gid_t gid) override {
    return fails() ? -error : Base::change_owner(dir, name, uid, gid);
  }
  int change_mode(int fd, mode_t mode) override {
    return fails() ? -error : Base::change_mode(fd, mode);
  }
  int change_mode_at(int dir, const char* name, mode_t mode) override {
    return fails() ? -error : Base::change_mode_at(dir, name, mode);
  }
  int set_times(int dir, const char* name, const timespec times[2]) override {
    return fails() ? -error : Base::set_times(dir, name, times);
  }
  int set_times(int fd, const timespec times[2]) override {
    return fails() ? -error : Base::set_times(fd, times);
  }
  int set_xattr(int fd, const char* name, std::string_view value) override {
    return fails() ? -error : Base::set_xattr(fd, name, value);
  }
  int lock(int fd, int operation) override { return fails() ? -error : Base::lock(fd, operation); }
  int sync(int fd) override { return fails() ? -error : Base::sync(fd); }
  int sync_file_system(int fd) override { return fails() ? -error : Base::sync_file_system(fd); }
  int commit_index() override { return fails() ? -error : 0; }

 private:
  bool fails() {
    long n = ++calls;
    return fail_at > 0 && (and_later ? n >= fail_at : n == fail_at);
  }
};

}  // namespace test
