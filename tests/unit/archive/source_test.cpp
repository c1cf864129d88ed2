#include "archive/source.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <random>

#include "unit/archive/tar_bytes.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
using cl::oci::Compression;

namespace {

/// The same bytes in small pieces, as a slow pipe gives them.
class Pieces : public archive::Source {
 public:
  Pieces(std::string data, std::size_t size) : data_(std::move(data)), size_(size) {}
  std::string_view next() override {
    std::string_view out = std::string_view(data_).substr(at_, size_);
    at_ += out.size();
    return out;
  }

 private:
  std::string data_;
  std::size_t size_, at_ = 0;
};

std::string all(archive::Source& source) {
  std::string out;
  for (std::string_view data = source.next(); !data.empty(); data = source.next()) out += data;
  return out;
}

std::string inflated(const std::string& data, Compression compression, std::size_t piece = 7,
                     const archive::Limits& limits = {}) {
  Pieces pieces(data, piece);
  return all(*archive::inflate(pieces, compression, limits, "test"));
}

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>("abcdefgh"[random() % 8]);
  return out;
}

bool corrupt(const std::string& data, Compression compression) {
  try {
    inflated(data, compression);
    return false;
  } catch (const cl::Error& error) {
    return error.code() == cl::Errc::image_corrupt && error.subject() == "test";
  }
}

}  // namespace

TEST_CASE("gzip and zstd inflate, whatever the pieces") {
  std::string data = noise(1'000'000);
  for (std::size_t piece : {std::size_t{1} << 20, std::size_t{4096}, std::size_t{3}}) {
    CAPTURE(piece);
    CHECK(inflated(test::gzip(data), Compression::gzip, piece) == data);
    CHECK(inflated(test::zstd(data), Compression::zstd, piece) == data);
    CHECK(inflated(data, Compression::none, piece) == data);
  }
}

TEST_CASE("gzip of many members is their concatenation") {
  std::string data, compressed;
  for (int i = 0; i < 300; ++i) {
    std::string part = i % 7 == 0 ? "" : noise(static_cast<std::size_t>(i * 17 % 1000));
    data += part;
    compressed += test::gzip(part);
  }
  for (std::size_t piece : {std::size_t{1} << 20, std::size_t{10}, std::size_t{1}}) {
    CAPTURE(piece);
    CHECK(inflated(compressed, Compression::gzip, piece) == data);
  }
}

TEST_CASE("zstd of many frames, some to be skipped") {
  std::string skippable("\x51\x2a\x4d\x18\x03\0\0\0abc", 11);
  std::string compressed = skippable + test::zstd("one") + skippable + test::zstd("two");
  CHECK(inflated(compressed, Compression::zstd) == "onetwo");
}

TEST_CASE("damaged and truncated streams are corrupt, wherever") {
  std::string data = noise(20'000);
  for (Compression compression : {Compression::gzip, Compression::zstd}) {
    std::string good = compression == Compression::gzip ? test::gzip(data) : test::zstd(data);
    for (std::size_t size = 1; size < good.size(); size += 97) {
      CAPTURE(size);
      CHECK(corrupt(good.substr(0, size), compression));
    }
    CHECK(corrupt(good.substr(0, good.size() - 1), compression));
    CHECK(corrupt(good + "garbage", compression));
  }
  std::string wrong_sum = test::gzip(data);
  wrong_sum[wrong_sum.size() - 5] ^= 1;  // the CRC's last byte
  CHECK(corrupt(wrong_sum, Compression::gzip));
  std::string wrong_size = test::gzip(data);
  wrong_size.back() ^= 1;
  CHECK(corrupt(wrong_size, Compression::gzip));
}

TEST_CASE("gzip data that refers to what is before its beginning is corrupt") {
  // Found by fuzzing: after this error isa-l claims that 2^32-1 bytes of the input are left.
  const char data[] =
      "\x1f\x8b\x08\0\0\0\0\0\x7a\x02\x03\xcb\x4f\xcd\xc9\xc9\x22\x74\x61\x67\x22\x2f\xb5\x28\xfd"
      "\x04";
  archive::MemorySource memory({data, sizeof data - 1});
  const auto source = archive::inflate(memory, Compression::gzip, {}, "test");
  CHECK_THROWS_AS(all(*source), cl::Error);
}

TEST_CASE("what inflates too well is refused") {
  archive::Limits limits;
  limits.ratio = 10;
  limits.ratio_free = 100'000;
  std::string zeros(5'000'000, '\0');
  CHECK_THROWS_AS(inflated(test::gzip(zeros), Compression::gzip, 4096, limits), cl::Error);
  CHECK_THROWS_AS(inflated(test::zstd(zeros), Compression::zstd, 4096, limits), cl::Error);
  std::string small(90'000, '\0');
  CHECK(inflated(test::gzip(small), Compression::gzip, 4096, limits) == small);
}

TEST_CASE("a long file of zeros in gzip is an honest one") {
  archive::Limits limits;
  limits.ratio_free = 1 << 20;
  std::string zeros(64 << 20, '\0');
  CHECK(inflated(test::gzip(zeros), Compression::gzip, 4096, limits).size() == zeros.size());
  CHECK_THROWS_AS(inflated(test::zstd(zeros), Compression::zstd, 4096, limits), cl::Error);
}

TEST_CASE("what inflates to more than a layer may have is refused") {
  archive::Limits limits;
  limits.total_size = 1'000'000;
  std::string data = noise(1'200'000);
  CHECK_THROWS_AS(inflated(test::gzip(data), Compression::gzip, 4096, limits), cl::Error);
  CHECK_THROWS_AS(inflated(test::zstd(data), Compression::zstd, 4096, limits), cl::Error);
}

TEST_CASE("compression is known by the first bytes, and they are not lost") {
  for (auto [data, compression] : {std::pair{test::gzip("x"), Compression::gzip},
                                   {test::zstd("x"), Compression::zstd},
                                   {std::string("\x50\x2a\x4d\x18\0\0\0\0", 8), Compression::zstd},
                                   {std::string("plain"), Compression::none},
                                   {std::string("\x1f"), Compression::none},
                                   {std::string(), Compression::none}}) {
    Pieces pieces(data, 1);
    archive::PeekedSource peeked(pieces);
    CHECK(peeked.compression() == compression);
    CHECK(all(peeked) == data);
  }
}

TEST_CASE("a hashing source knows size and digest of what passed") {
  Pieces pieces("abcdef", 2);
  archive::HashingSource hashing(pieces);
  CHECK(hashing.next() == "ab");
  CHECK(hashing.finish() == cl::oci::Digest::of("abcdef"));
  CHECK(hashing.size() == 6);
}

TEST_CASE("reading ahead gives the same bytes and the same errors") {
  std::string data = noise(10'000'000);
  {
    Pieces pieces(data, 100'000);
    CHECK(all(*archive::read_ahead(pieces)) == data);
  }
  {
    Pieces pieces(data, 1000);
    auto ahead = archive::read_ahead(pieces);
    CHECK(ahead->next().size() == 1000);  // and is destroyed long before the end
  }
  Pieces pieces(test::gzip(data).substr(0, 50'000), 100);
  auto plain = archive::inflate(pieces, Compression::gzip, {}, "test");
  auto ahead = archive::read_ahead(*plain);
  CHECK_THROWS_AS(all(*ahead), cl::Error);
}

TEST_CASE("a thread that reads ahead takes no signals, and the caller's mask stays") {
  sigset_t before, after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  class MaskSource : public archive::Source {
   public:
    std::string_view next() override {
      sigset_t mask;
      ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
      return done_ ? "" : (done_ = true, sigismember(&mask, SIGUSR1) == 1 ? "blocked" : "open");
    }

   private:
    bool done_ = false;
  } source;
  CHECK(all(*archive::read_ahead(source)) == "blocked");
  ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
  CHECK(sigismember(&before, SIGUSR1) == sigismember(&after, SIGUSR1));
}

TEST_CASE("a stop ends reading") {
  std::array<int, 2> pipe;
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  cl::Fd in(pipe[0]), out(pipe[1]);
  REQUIRE(::write(out.get(), "abc", 3) == 3);
  std::stop_source stop;
  archive::FdSource source(cl::store::Vfs::real(), in.get(), "pipe", stop.get_token());
  CHECK(source.next() == "abc");
  stop.request_stop();
  try {
    source.next();
    FAIL("read on");
  } catch (const cl::Error& error) {
    CHECK(error.code() == std::errc::operation_canceled);
  }
}
