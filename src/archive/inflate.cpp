#include <zstd.h>

#include "archive/config.hpp"
#include "archive/source.hpp"
#include "base/error.hpp"
#if CONTAINERLIB_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#else
#include <zlib.h>
#endif

namespace containerlib::archive {
namespace {

/// What both formats share: the input left over, the output buffer, and the bomb limit.
class Inflater : public Source {
 public:
  Inflater(Source& from, const Limits& limits, std::string subject)
      : from_(from), limits_(limits), subject_(std::move(subject)), out_(buffer_size) {}

 protected:
  /// Makes `in_` non-empty; false at the end of the input.
  bool fill() {
    if (!in_.empty()) return true;
    in_ = from_.next();
    in_total_ += in_.size();
    return !in_.empty();
  }
  std::string_view produced(std::size_t size) {
    out_total_ += size;
    if (out_total_ > limits_.ratio_free && out_total_ / limits_.ratio > in_total_)
      throw_corrupt(subject_, "it inflates to more than " + std::to_string(limits_.ratio) +
                                  " times its size");
    if (out_total_ > limits_.total_size)
      throw_corrupt(subject_,
                    "it inflates to more than " + std::to_string(limits_.total_size) + " bytes");
    return {out_.data(), size};
  }

  Source& from_;
  Limits limits_;
  std::string subject_;
  std::vector<char> out_;
  std::string_view in_;
  std::uint64_t in_total_ = 0, out_total_ = 0;
};

#if CONTAINERLIB_HAVE_ISAL
/// One gzip member. isa-l is the fastest streaming decoder there is in Debian.
class Member {
 public:
  Member() : state_(std::make_unique<inflate_state>()) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }
  /// Starts the next member.
  void reset() { isal_inflate_reset(state_.get()); }
  enum class Status { more, end, damaged };
  /// Inflates from `in` (which loses what was used) to `out`; `made` is what it wrote.
  Status run(std::string_view& in, std::vector<char>& out, std::size_t& made) {
    state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(in.data()));
    state_->avail_in = static_cast<std::uint32_t>(in.size());
    state_->next_out = reinterpret_cast<std::uint8_t*>(out.data());
    state_->avail_out = static_cast<std::uint32_t>(out.size());
    int result = isal_inflate(state_.get());
    // After an error it may claim to have more input left than it got.
    if (result < 0 || result == ISAL_NEED_DICT) return Status::damaged;
    in.remove_prefix(in.size() - state_->avail_in);
    made = out.size() - state_->avail_out;
    return state_->block_state == ISAL_BLOCK_FINISH ? Status::end : Status::more;
  }

 private:
  std::unique_ptr<inflate_state> state_;
};
#else
/// One gzip member.
class Member {
 public:
  Member() {
    constexpr int gzip_window_bits = 15 + 16;
    if (inflateInit2(&stream_, gzip_window_bits) != Z_OK) throw std::bad_alloc();
  }
  Member(const Member&) = delete;
  ~Member() { inflateEnd(&stream_); }
  void reset() { inflateReset(&stream_); }
  enum class Status { more, end, damaged };
  Status run(std::string_view& in, std::vector<char>& out, std::size_t& made) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    int result = ::inflate(&stream_, Z_NO_FLUSH);
    in.remove_prefix(in.size() - stream_.avail_in);
    made = out.size() - stream_.avail_out;
    if (result == Z_STREAM_END) return Status::end;
    return result == Z_OK || result == Z_BUF_ERROR ? Status::more : Status::damaged;
  }

 private:
  z_stream stream_{};
};
#endif

class GzipSource : public Inflater {
 public:
  using Inflater::Inflater;

  std::string_view next() override {
    while (true) {
      bool input = fill();
      if (between_members_) {
        if (!input) return {};
        if (in_.front() != '\x1f') throw_corrupt(subject_, "bytes after the end of the gzip data");
        if (any_member_) member_.reset();
        between_members_ = false;
        any_member_ = true;
      }
      // Without input too: the decoder may still hold output back.
      std::size_t made = 0;
      Member::Status status = member_.run(in_, out_, made);
      if (status == Member::Status::damaged) throw_corrupt(subject_, "damaged gzip data");
      between_members_ = status == Member::Status::end;
      if (made > 0) return produced(made);
      if (!input && !between_members_) throw_corrupt(subject_, "the gzip data ends early");
    }
  }

 private:
  Member member_;
  bool between_members_ = true, any_member_ = false;
};

class ZstdSource : public Inflater {
 public:
  ZstdSource(Source& from, const Limits& limits, std::string subject)
      : Inflater(from, limits, std::move(subject)), context_(ZSTD_createDCtx()) {
    constexpr int window_log = 27;
    if (!context_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log);
  }

  std::string_view next() override {
    while (true) {
      bool input = fill();
      if (!input && pending_ == 0) return {};
      ZSTD_inBuffer from{in_.data(), in_.size(), 0};
      ZSTD_outBuffer to{out_.data(), out_.size(), 0};
      pending_ = ZSTD_decompressStream(context_.get(), &to, &from);
      if (ZSTD_isError(pending_))
        throw_corrupt(subject_, std::string("damaged zstd data: ") + ZSTD_getErrorName(pending_));
      in_.remove_prefix(from.pos);
      if (to.pos > 0) return produced(to.pos);
      if (!input) throw_corrupt(subject_, "the zstd data ends early");
    }
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::size_t pending_ = 0;  ///< not 0 inside a frame
};

class PlainSource : public Source {
 public:
  explicit PlainSource(Source& from) : from_(from) {}
  std::string_view next() override { return from_.next(); }

 private:
  Source& from_;
};

}  // namespace

std::unique_ptr<Source> inflate(Source& from, oci::Compression compression, const Limits& limits,
                                const std::string& subject) {
  switch (compression) {
    case oci::Compression::gzip: return std::make_unique<GzipSource>(from, limits, subject);
    case oci::Compression::zstd: return std::make_unique<ZstdSource>(from, limits, subject);
    case oci::Compression::none: break;
  }
  return std::make_unique<PlainSource>(from);
}

}  // namespace containerlib::archive
