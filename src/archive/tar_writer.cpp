#include "archive/tar_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace containerlib::archive {
namespace {

constexpr std::string_view zeros_of_block(
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);

constexpr std::uint64_t max_octal_7 = (1U << 21) - 1;                 // of the id fields
constexpr std::uint64_t max_octal_11 = (std::uint64_t{1} << 33) - 1;  // of size and mtime

char type_of(TarEntry::Type type) {
  switch (type) {
    case TarEntry::Type::file: return '0';
    case TarEntry::Type::hard_link: return '1';
    case TarEntry::Type::symlink: return '2';
    case TarEntry::Type::char_device: return '3';
    case TarEntry::Type::block_device: return '4';
    case TarEntry::Type::directory: return '5';
    case TarEntry::Type::fifo: return '6';
  }
  return '0';
}

/// "LEN KEY=VALUE\n", where LEN counts itself.
std::string record(std::string_view key, std::string_view value) {
  std::size_t body = key.size() + value.size() + 3;
  std::size_t length = body + 1;
  while (length != body + std::to_string(length).size())
    length = body + std::to_string(length).size();
  std::string out = std::to_string(length);
  out += ' ';
  out += key;
  out += '=';
  out += value;
  out += '\n';
  return out;
}

class Header {
 public:
  Header() { std::memset(bytes_, 0, sizeof bytes_); }
  void text(std::size_t offset, std::size_t size, std::string_view value) {
    value.copy(bytes_ + offset, size);
  }
  /// Octal, with leading zeros and a NUL at the end; 0 for what does not fit (pax has it).
  void octal(std::size_t offset, std::size_t size, std::uint64_t value) {
    for (std::size_t i = size - 1; i-- > 0; value >>= 3)
      bytes_[offset + i] = static_cast<char>('0' + (value & 7));
  }
  void type(char value) { bytes_[156] = value; }
  std::string_view finish() {
    text(257, 8,
         std::string_view("ustar\0"
                          "00",
                          8));
    text(148, 8, "        ");
    std::uint64_t sum = 0;
    for (char c : bytes_) sum += static_cast<unsigned char>(c);
    octal(148, 7, sum);
    return {bytes_, sizeof bytes_};
  }

 private:
  char bytes_[tar_block];
};

/// Splits a long path for ustar's name and prefix; false when it cannot be.
bool split_name(std::string_view path, std::string_view& prefix, std::string_view& name) {
  constexpr std::size_t name_size = 100, prefix_size = 155;
  name = path;
  prefix = {};
  if (path.size() <= name_size) return true;
  std::size_t slash = path.find('/', path.size() - name_size - 1);
  if (slash == std::string_view::npos || slash == 0 || slash > prefix_size ||
      slash + 1 == path.size())
    return false;
  prefix = path.substr(0, slash);
  name = path.substr(slash + 1);
  return true;
}

std::string pax_records(const TarEntry& entry, bool path_fits) {
  std::string out;
  if (!path_fits) out += record("path", entry.path);
  if (entry.link.size() > 100) out += record("linkpath", entry.link);
  if (entry.uid > max_octal_7) out += record("uid", std::to_string(entry.uid));
  if (entry.gid > max_octal_7) out += record("gid", std::to_string(entry.gid));
  if (entry.size > max_octal_11) out += record("size", std::to_string(entry.size));
  bool time_fits =
      entry.mtime.tv_sec >= 0 && static_cast<std::uint64_t>(entry.mtime.tv_sec) <= max_octal_11;
  if (!time_fits) out += record("mtime", std::to_string(entry.mtime.tv_sec));
  for (const auto& [name, value] : entry.xattrs) out += record("SCHILY.xattr." + name, value);
  return out;
}

std::uint64_t fitting(std::uint64_t value, std::uint64_t max) { return value <= max ? value : 0; }

}  // namespace

void TarWriter::header(const TarEntry& entry) {
  pad();
  std::string_view prefix, name;
  bool path_fits = split_name(entry.path, prefix, name);
  if (std::string records = pax_records(entry, path_fits); !records.empty()) {
    Header pax;
    pax.text(0, 100, "PaxHeader");
    pax.octal(100, 8, 0644);
    pax.octal(108, 8, 0);
    pax.octal(116, 8, 0);
    pax.octal(124, 12, records.size());
    pax.octal(136, 12, 0);
    pax.type('x');
    write_(pax.finish());
    left_ = records.size();
    padding_ = (tar_block - left_ % tar_block) % tar_block;
    content(records);
    pad();
  }
  Header out;
  out.text(0, 100, path_fits ? name : std::string_view(entry.path));
  if (path_fits) out.text(345, 155, prefix);
  out.octal(100, 8, entry.mode);
  out.octal(108, 8, fitting(entry.uid, max_octal_7));
  out.octal(116, 8, fitting(entry.gid, max_octal_7));
  out.octal(124, 12, fitting(entry.size, max_octal_11));
  out.octal(136, 12,
            entry.mtime.tv_sec < 0
                ? 0
                : fitting(static_cast<std::uint64_t>(entry.mtime.tv_sec), max_octal_11));
  out.type(type_of(entry.type));
  out.text(157, 100, entry.link);
  out.octal(329, 8, entry.device_major);
  out.octal(337, 8, entry.device_minor);
  write_(out.finish());
  left_ = entry.size;
  padding_ = (tar_block - left_ % tar_block) % tar_block;
}

void TarWriter::content(std::string_view data) {
  if (data.size() > left_) throw_errno(EIO, "write tar", {}, "a file has grown meanwhile");
  write_(data);
  left_ -= data.size();
}

void TarWriter::pad() {
  if (left_ > 0) throw_errno(EIO, "write tar", {}, "a file has shrunk meanwhile");
  for (; padding_ > 0; padding_ -= std::min<std::uint64_t>(padding_, zeros_of_block.size()))
    write_(zeros_of_block.substr(0, padding_));
}

void TarWriter::file_header(std::string_view path, std::uint64_t size) {
  TarEntry entry;
  entry.path = path;
  entry.mode = 0644;
  entry.size = size;
  header(entry);
}

void TarWriter::file(std::string_view path, std::string_view data) {
  file_header(path, data.size());
  content(data);
}

void TarWriter::directory(std::string_view path) {
  TarEntry entry;
  entry.type = TarEntry::Type::directory;
  entry.path = std::string(path) + '/';
  entry.mode = 0755;
  header(entry);
}

void TarWriter::finish() {
  pad();
  padding_ = 2 * tar_block;
  pad();
}

}  // namespace containerlib::archive
