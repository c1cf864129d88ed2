#include "archive/source.hpp"

#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::archive {

void throw_corrupt(const std::string& subject, std::string hint) {
  throw_error(Errc::image_corrupt, "unpack", subject, std::move(hint));
}

FdSource::FdSource(store::Vfs& vfs, int fd, std::string subject, std::stop_token stop)
    : vfs_(vfs),
      fd_(fd),
      subject_(std::move(subject)),
      stop_(std::move(stop)),
      buffer_(buffer_size) {}

std::string_view FdSource::next() {
  if (stop_.stop_requested()) throw_errno(ECANCELED, "read", subject_);
  long got = store::check(vfs_.read(fd_, buffer_.data(), buffer_.size()), "read", subject_);
  return {buffer_.data(), static_cast<std::size_t>(got)};
}

std::string_view HashingSource::next() {
  std::string_view data = from_.next();
  hasher_.update(data.data(), data.size());
  size_ += data.size();
  return data;
}

oci::Digest HashingSource::finish() {
  while (!next().empty()) {
  }
  return hasher_.finish();
}

PeekedSource::PeekedSource(Source& from) : from_(from) {
  constexpr std::size_t longest_magic = 4;
  while (head_.size() < longest_magic) {
    std::string_view data = from_.next();
    if (data.empty()) break;
    head_ += data;
  }
}

std::string_view PeekedSource::next() {
  if (head_read_ || head_.empty()) return from_.next();
  head_read_ = true;
  return head_;
}

oci::Compression PeekedSource::compression() const {
  std::string_view head = head_;
  if (head.starts_with("\x1f\x8b")) return oci::Compression::gzip;
  if (head.starts_with("\x28\xb5\x2f\xfd")) return oci::Compression::zstd;
  bool skippable = head.size() >= 4 && (static_cast<unsigned char>(head[0]) & 0xf0) == 0x50 &&
                   head.substr(1, 3) == "\x2a\x4d\x18";
  return skippable ? oci::Compression::zstd : oci::Compression::none;
}

}  // namespace containerlib::archive
