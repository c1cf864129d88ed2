#include "unit/archive/tar_bytes.hpp"

#include <zlib.h>
#include <zstd.h>

#include <cstdio>
#include <stdexcept>

namespace test {
namespace {

void put(std::string& header, std::size_t at, std::string_view text, std::size_t size) {
  header.replace(at, std::min(size, text.size()), text.substr(0, size));
}

void put_octal(std::string& header, std::size_t at, std::size_t size, std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", static_cast<int>(size - 1),
                static_cast<unsigned long long>(value));
  put(header, at, text, size - 1);
}

std::string padding(std::size_t size) { return std::string((512 - size % 512) % 512, '\0'); }

}  // namespace

void TarBytes::seal(std::string& header) {
  put(header, 148, "        ", 8);
  unsigned sum = 0;
  for (unsigned char c : header) sum += c;
  put_octal(header, 148, 7, sum);
}

std::string TarBytes::header(const Header& from) {
  std::string out(512, '\0');
  put(out, 0, from.name, 100);
  put_octal(out, 100, 8, from.mode);
  put_octal(out, 108, 8, from.uid & 07777777);
  put_octal(out, 116, 8, from.gid & 07777777);
  std::int64_t size =
      from.claimed_size >= 0 ? from.claimed_size : static_cast<std::int64_t>(from.content.size());
  put_octal(out, 124, 12, static_cast<std::uint64_t>(size));
  if (from.mtime >= 0) {
    put_octal(out, 136, 12, static_cast<std::uint64_t>(from.mtime));
  } else {
    for (int i = 0; i < 12; ++i)
      out[136 + 11 - i] = static_cast<char>(i < 8 ? from.mtime >> (8 * i) : -1);
  }
  out[156] = from.type;
  put(out, 157, from.link, 100);
  put(out, 257,
      std::string_view("ustar\0"
                       "00",
                       8),
      8);
  put_octal(out, 329, 8, from.major);
  put_octal(out, 337, 8, from.minor);
  seal(out);
  return out;
}

std::string TarBytes::record(const std::string& key, const std::string& value) {
  std::size_t rest = key.size() + value.size() + 3, size = rest + 1;
  while (std::to_string(size).size() + rest != size) ++size;
  return std::to_string(size) + ' ' + key + '=' + value + '\n';
}

TarBytes& TarBytes::add(const Header& from) {
  bytes_ += header(from) + from.content + padding(from.content.size());
  return *this;
}
TarBytes& TarBytes::dir(const std::string& name, std::uint32_t mode, std::uint32_t uid,
                        std::uint32_t gid) {
  return add({.name = name + '/', .type = '5', .mode = mode, .uid = uid, .gid = gid});
}
TarBytes& TarBytes::file(const std::string& name, const std::string& content, std::uint32_t mode) {
  return add({.name = name, .content = content, .mode = mode});
}
TarBytes& TarBytes::link(const std::string& name, const std::string& target) {
  return add({.name = name, .type = '1', .link = target});
}
TarBytes& TarBytes::symlink(const std::string& name, const std::string& target) {
  return add({.name = name, .type = '2', .link = target, .mode = 0777});
}
TarBytes& TarBytes::pax(const std::vector<std::pair<std::string, std::string>>& records,
                        char type) {
  std::string text;
  for (const auto& [key, value] : records) text += record(key, value);
  return add({.name = "pax", .type = type, .content = text});
}
TarBytes& TarBytes::raw(const std::string& bytes) {
  bytes_ += bytes;
  return *this;
}
std::string TarBytes::end() const { return bytes_ + std::string(1024, '\0'); }

std::string gzip(std::string_view data) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string out(deflateBound(&stream, data.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("deflate");
  return out;
}

std::string zstd(std::string_view data) {
  std::string out(ZSTD_compressBound(data.size()), '\0');
  std::size_t size = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 3);
  if (ZSTD_isError(size)) throw std::runtime_error("zstd");
  out.resize(size);
  return out;
}

}  // namespace test
