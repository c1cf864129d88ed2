#include "archive/tar_writer.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include "archive/tar_reader.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
using archive::TarEntry;

namespace {

std::string written(const std::vector<TarEntry>& entries) {
  std::string out;
  archive::TarWriter tar([&](std::string_view data) { out += data; });
  for (const TarEntry& entry : entries) {
    tar.header(entry);
    if (entry.size > 0) tar.content(std::string(entry.size, 'x'));
  }
  tar.finish();
  return out;
}

TarEntry entry(TarEntry::Type type, const std::string& path) {
  TarEntry out;
  out.type = type;
  out.path = path;
  out.mode = 0640;
  return out;
}

void check_round_trip(const TarEntry& from) {
  std::string bytes = written({from, entry(TarEntry::Type::file, "after")});
  CHECK(bytes.size() % archive::tar_block == 0);
  archive::MemorySource source(bytes);
  archive::Limits limits;
  archive::TarReader reader(source, limits, "test");
  TarEntry to;
  REQUIRE(reader.next(to));
  CHECK(to.type == from.type);
  CHECK(to.path == from.path);
  CHECK(to.link == from.link);
  CHECK(to.mode == from.mode);
  CHECK(to.uid == from.uid);
  CHECK(to.gid == from.gid);
  CHECK(to.size == from.size);
  CHECK(to.mtime.tv_sec == from.mtime.tv_sec);
  CHECK(to.device_major == from.device_major);
  CHECK(to.xattrs == from.xattrs);
  REQUIRE(reader.next(to));
  CHECK(to.path == "after");
}

}  // namespace

TEST_CASE("what is written is read back") {
  using Type = TarEntry::Type;
  for (Type type : {Type::file, Type::hard_link, Type::symlink, Type::char_device,
                    Type::block_device, Type::directory, Type::fifo}) {
    TarEntry from = entry(type, "path");
    if (type == Type::symlink || type == Type::hard_link) from.link = "target";
    if (type == Type::char_device) from.device_major = 5;
    if (type == Type::file) from.size = 513;
    check_round_trip(from);
  }
  for (std::size_t size : {99, 100, 101, 155, 156, 255, 256, 257, 400, 3000}) {
    CAPTURE(size);
    check_round_trip(entry(Type::file, std::string(size, 'n')));
    std::string deep;
    while (deep.size() < size) deep += "dir/";
    check_round_trip(entry(Type::file, deep + "f"));
    check_round_trip(entry(Type::directory, deep));
    TarEntry link = entry(Type::symlink, "l");
    link.link = std::string(size, 't');
    check_round_trip(link);
  }
  TarEntry odd = entry(Type::file, "odd");
  odd.uid = 4294967294;
  odd.gid = 2097152;
  odd.mtime.tv_sec = -7;
  odd.xattrs = {{"user.a", std::string("\0\n=", 3)}, {"user.b", ""}};
  check_round_trip(odd);
  odd.mtime.tv_sec = std::int64_t{1} << 35;
  odd.xattrs = {{"user.c", std::string(90, 'c')}, {"user.d", std::string(999, 'd')}};
  check_round_trip(odd);
}

TEST_CASE("the same entries are the same bytes") {
  TarEntry from = entry(TarEntry::Type::file, "f");
  from.size = 5;
  CHECK(written({from}) == written({from}));
}

TEST_CASE("content that is not as long as promised is an error") {
  std::string out;
  archive::TarWriter tar([&](std::string_view data) { out += data; });
  tar.file_header("f", 4);
  CHECK_THROWS_AS(tar.content("12345"), cl::Error);
  tar.content("123");
  CHECK_THROWS_AS(tar.finish(), cl::Error);
}
