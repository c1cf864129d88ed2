#include "archive/tar_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace containerlib::archive {
namespace {

// Offsets and sizes of the header's fields (pax(1p), ustar Interchange Format).
struct Field {
  std::size_t offset, size;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, uid_field{108, 8}, gid_field{116, 8},
    size_field{124, 12}, mtime_field{136, 12}, sum_field{148, 8}, link_field{157, 100},
    magic_field{257, 8}, major_field{329, 8}, minor_field{337, 8}, prefix_field{345, 155};
constexpr std::size_t type_offset = 156;

constexpr std::uint64_t max_id = 0xfffffffe;  // 2^32-1 means "leave as it is" to chown(2)
constexpr std::uint64_t max_file_size = std::uint64_t{1} << 62;
constexpr std::size_t max_xattr_size = 64 << 10;  // XATTR_SIZE_MAX: no file can have a longer one

bool parse_decimal(std::string_view text, std::uint64_t& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// "[-]seconds[.fraction]" to a time with nanoseconds from 0 up.
bool parse_time(std::string_view text, timespec& out) {
  bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::size_t dot = text.find('.');
  std::uint64_t seconds = 0, nanoseconds = 0;
  if (!parse_decimal(text.substr(0, dot), seconds) || seconds > (std::uint64_t{1} << 60))
    return false;
  if (dot != std::string_view::npos) {
    std::string digits(text.substr(dot + 1, 9));
    digits.resize(9, '0');
    if (!parse_decimal(digits, nanoseconds)) return false;
  }
  out.tv_sec = static_cast<time_t>(seconds);
  out.tv_nsec = static_cast<long>(nanoseconds);
  if (negative) {
    out.tv_sec = -out.tv_sec;
    if (out.tv_nsec > 0) {
      --out.tv_sec;
      out.tv_nsec = 1'000'000'000 - out.tv_nsec;
    }
  }
  return true;
}

bool is_zero(const char* block) {
  return std::all_of(block, block + tar_block, [](char c) { return c == 0; });
}

}  // namespace

/// What extended headers say of the member that follows.
struct TarReader::Extensions {
  std::optional<std::string> path, link;
  std::optional<std::uint64_t> uid, gid, size;
  std::optional<timespec> mtime;
  std::vector<std::pair<std::string, std::string>> xattrs;
};

void TarReader::fail(const std::string& why) const {
  throw_corrupt(current_.empty() ? subject_ : subject_ + " entry \"" + current_ + '"', why);
}

std::string_view TarReader::take(std::size_t size) {
  if (in_.empty()) {
    in_ = from_.next();
    total_ += in_.size();
    if (total_ > limits_.total_size)
      fail("the tar has more than " + std::to_string(limits_.total_size) + " bytes");
  }
  std::string_view out = in_.substr(0, size);
  in_.remove_prefix(out.size());
  return out;
}

bool TarReader::read_block() {
  std::size_t have = 0;
  while (have < tar_block) {
    std::string_view data = take(tar_block - have);
    if (data.empty()) {
      if (have == 0) return false;
      fail("the tar ends inside a header");
    }
    std::memcpy(header_ + have, data.data(), data.size());
    have += data.size();
  }
  return true;
}

void TarReader::skip_content() {
  std::uint64_t left = content_left_ + padding_left_;
  content_left_ = padding_left_ = 0;
  while (left > 0) {
    std::string_view data = take(std::min<std::uint64_t>(left, buffer_size));
    if (data.empty()) fail("the tar ends inside its content");
    left -= data.size();
  }
}

std::string_view TarReader::content() {
  if (content_left_ == 0) return {};
  std::string_view data = take(std::min<std::uint64_t>(content_left_, buffer_size));
  if (data.empty()) fail("the tar ends inside its content");
  content_left_ -= data.size();
  return data;
}

void TarReader::skip_rest() {
  while (!take(buffer_size).empty()) {
  }
}

std::string_view TarReader::field(std::size_t offset, std::size_t size) const {
  std::string_view raw(header_ + offset, size);
  return raw.substr(0, raw.find('\0'));
}

std::int64_t TarReader::signed_number(std::size_t offset, std::size_t size,
                                      const char* name) const {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(header_[offset + i]); };
  if ((byte(0) & 0x80) != 0) {  // GNU: base 256, two's complement over all bits but the first
    bool negative = (byte(0) & 0x40) != 0;
    std::int64_t value = negative ? -1 : 0;
    for (std::size_t i = 0; i < size; ++i) {
      unsigned digit = i == 0 ? (byte(0) & 0x7fU) | (negative ? 0x80U : 0) : byte(i);
      bool fits = (value >> 55) == (negative ? -1 : 0);
      if (!fits) fail(std::string(name) + " is out of range");
      value = static_cast<std::int64_t>((static_cast<std::uint64_t>(value) << 8) | digit);
    }
    return value;
  }
  std::string_view text = field(offset, size);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return 0;
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (error != std::errc() || end != text.data() + text.size())
    fail(headers_ <= 1 && offset == sum_field.offset ? "not a tar archive"
                                                     : std::string(name) + " is not a number");
  return value;
}

std::uint64_t TarReader::number(std::size_t offset, std::size_t size, const char* name) const {
  std::int64_t value = signed_number(offset, size, name);
  if (value < 0) fail(std::string(name) + " is negative");
  return static_cast<std::uint64_t>(value);
}

void TarReader::check_sum() const {
  // Some old writers summed signed bytes.
  std::int64_t plain = 0, with_sign = 0;
  for (std::size_t i = 0; i < tar_block; ++i) {
    bool in_sum = i >= sum_field.offset && i < sum_field.offset + sum_field.size;
    char c = in_sum ? ' ' : header_[i];
    plain += static_cast<unsigned char>(c);
    with_sign += static_cast<signed char>(c);
  }
  std::int64_t said = signed_number(sum_field.offset, sum_field.size, "checksum");
  if (said != plain && said != with_sign)
    fail(headers_ <= 1 ? "not a tar archive" : "the checksum of a header is wrong");
}

std::string TarReader::read_extension(std::uint64_t size) {
  if (size > limits_.pax_size - extension_size_)
    fail("extended headers of more than " + std::to_string(limits_.pax_size) + " bytes");
  extension_size_ += size;
  std::string out;
  content_left_ = size;
  padding_left_ = (tar_block - size % tar_block) % tar_block;
  while (content_left_ > 0) out += content();
  skip_content();
  return out;
}

template <class Each>
void TarReader::for_each_record(std::string_view records, Each each) const {
  while (!records.empty()) {
    std::size_t space = records.find(' ');
    std::uint64_t size = 0;
    if (space == std::string_view::npos || space > 20 ||
        !parse_decimal(records.substr(0, space), size) || size > records.size() ||
        size < space + 3 || records[size - 1] != '\n')
      fail("a damaged extended header");
    std::string_view record = records.substr(space + 1, size - space - 2);
    std::size_t equals = record.find('=');
    if (equals == std::string_view::npos || equals == 0) fail("a damaged extended header");
    each(record.substr(0, equals), record.substr(equals + 1));
    records.remove_prefix(size);
  }
}

void TarReader::apply_record(std::string_view key, std::string_view value, Extensions& out) const {
  constexpr std::string_view xattr_prefix = "SCHILY.xattr.";
  auto number_of = [&](std::optional<std::uint64_t>& to) {
    std::uint64_t number = 0;
    if (!parse_decimal(value, number))
      fail("extended header: " + std::string(key) + " is no number");
    to = number;
  };
  auto text_of = [&](std::optional<std::string>& to) {
    if (value.find('\0') != std::string_view::npos)
      fail("extended header: " + std::string(key) + " contains NUL");
    to = std::string(value);
  };
  if (key.starts_with(xattr_prefix)) {
    std::string name(key.substr(xattr_prefix.size()));
    if (name.empty() || name.find('\0') != std::string::npos) fail("an xattr without a name");
    if (value.size() > max_xattr_size) fail("extended header: xattr " + name + " is too long");
    out.xattrs.emplace_back(std::move(name), std::string(value));
  } else if (key.starts_with("GNU.sparse.")) {
    fail("a sparse file");
  } else if (value.empty()) {
    return;  // pax: as if the record were not there
  } else if (key == "path") {
    text_of(out.path);
  } else if (key == "linkpath") {
    text_of(out.link);
  } else if (key == "uid") {
    number_of(out.uid);
  } else if (key == "gid") {
    number_of(out.gid);
  } else if (key == "size") {
    number_of(out.size);
  } else if (key == "mtime") {
    timespec time{};
    if (!parse_time(value, time)) fail("extended header: mtime is no time");
    out.mtime = time;
  }
}

void TarReader::apply_records(std::string_view records, Extensions& out) const {
  for_each_record(records, [&](std::string_view key, std::string_view value) {
    apply_record(key, value, out);
  });
}

void TarReader::check_global(std::string_view records) const {
  for_each_record(records, [&](std::string_view key, std::string_view) {
    if (key != "comment") fail("a global extended header with " + std::string(key));
  });
}

void TarReader::fill(TarEntry& entry, const Extensions& extensions) {
  entry = TarEntry();
  entry.path = extensions.path.value_or(std::string(field(name_field.offset, name_field.size)));
  bool is_ustar =
      std::string_view(header_ + magic_field.offset, 6) == std::string_view("ustar\0", 6);
  if (!extensions.path && is_ustar)
    if (std::string_view prefix = field(prefix_field.offset, prefix_field.size); !prefix.empty())
      entry.path = std::string(prefix) + '/' + entry.path;
  current_ = entry.path;
  if (entry.path.empty()) fail("a member without a name");
  if (entry.path.size() > limits_.path_size) fail("its name is too long");
  entry.link = extensions.link.value_or(std::string(field(link_field.offset, link_field.size)));
  if (entry.link.size() > limits_.path_size) fail("its link target is too long");
  entry.mode = number(mode_field.offset, mode_field.size, "mode") & 07777;
  std::uint64_t uid =
      extensions.uid ? *extensions.uid : number(uid_field.offset, uid_field.size, "uid");
  std::uint64_t gid =
      extensions.gid ? *extensions.gid : number(gid_field.offset, gid_field.size, "gid");
  if (uid > max_id || gid > max_id) fail("its owner's id is out of range");
  entry.uid = static_cast<std::uint32_t>(uid);
  entry.gid = static_cast<std::uint32_t>(gid);
  entry.mtime = extensions.mtime.value_or(
      timespec{signed_number(mtime_field.offset, mtime_field.size, "mtime"), 0});
  entry.xattrs = extensions.xattrs;

  char type = header_[type_offset];
  switch (type) {
    case '0':
    case '7': entry.type = TarEntry::Type::file; break;
    case '\0':
      // V7 knew no directories but by the slash.
      entry.type = entry.path.back() == '/' ? TarEntry::Type::directory : TarEntry::Type::file;
      break;
    case '1': entry.type = TarEntry::Type::hard_link; break;
    case '2': entry.type = TarEntry::Type::symlink; break;
    case '3': entry.type = TarEntry::Type::char_device; break;
    case '4': entry.type = TarEntry::Type::block_device; break;
    case '5': entry.type = TarEntry::Type::directory; break;
    case '6': entry.type = TarEntry::Type::fifo; break;
    case 'S': fail("a sparse file");
    default: fail(std::string("a member of unknown type '") + type + '\'');
  }
  std::uint64_t size =
      extensions.size ? *extensions.size : number(size_field.offset, size_field.size, "size");
  if (size > max_file_size) fail("its size is out of range");
  // Only files have content; for the others the field may hold anything.
  if (entry.type == TarEntry::Type::file) entry.size = size;
  content_left_ = entry.size;
  padding_left_ = (tar_block - entry.size % tar_block) % tar_block;
  if (entry.type == TarEntry::Type::char_device || entry.type == TarEntry::Type::block_device) {
    std::uint64_t major = number(major_field.offset, major_field.size, "device number");
    std::uint64_t minor = number(minor_field.offset, minor_field.size, "device number");
    // What the kernel's dev_t holds: 12 and 20 bits.
    if (major >= 1U << 12 || minor >= 1U << 20) fail("its device number is out of range");
    entry.device_major = static_cast<std::uint32_t>(major);
    entry.device_minor = static_cast<std::uint32_t>(minor);
  }
}

bool TarReader::next(TarEntry& entry) {
  skip_content();
  current_.clear();
  Extensions extensions;
  extension_size_ = 0;
  bool extended = false;
  while (!ended_) {
    // Two zero blocks end an archive; the end of the data after whole members does as well.
    if (!read_block()) {
      if (extended) fail("the tar ends after an extended header");
      ended_ = true;
      break;
    }
    if (is_zero(header_)) {
      if (extended) fail("the tar ends after an extended header");
      if (read_block() && !is_zero(header_)) fail("a header of zeros");
      ended_ = true;
      break;
    }
    if (++headers_ > limits_.entries)
      fail("more than " + std::to_string(limits_.entries) + " entries");
    check_sum();
    char type = header_[type_offset];
    if (type != 'x' && type != 'g' && type != 'L' && type != 'K') {
      fill(entry, extensions);
      return true;
    }
    std::string data = read_extension(number(size_field.offset, size_field.size, "size"));
    extended = extended || type != 'g';
    if (type == 'x') apply_records(data, extensions);
    if (type == 'g') check_global(data);
    if (type == 'L') extensions.path = data.substr(0, data.find('\0'));
    if (type == 'K') extensions.link = data.substr(0, data.find('\0'));
  }
  return false;
}

}  // namespace containerlib::archive
