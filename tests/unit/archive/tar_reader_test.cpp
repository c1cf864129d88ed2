#include "archive/tar_reader.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/archive/tar_bytes.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
using archive::TarEntry;
using test::TarBytes;

namespace {

struct Member {
  TarEntry entry;
  std::string content;
};

std::vector<Member> read(const std::string& bytes, const archive::Limits& limits = {}) {
  archive::MemorySource source(bytes);
  archive::TarReader reader(source, limits, "test");
  std::vector<Member> out;
  Member member;
  while (reader.next(member.entry)) {
    member.content.clear();
    for (std::string_view data = reader.content(); !data.empty(); data = reader.content())
      member.content += data;
    out.push_back(member);
  }
  return out;
}

std::string refusal(const std::string& bytes, const archive::Limits& limits = {}) {
  try {
    read(bytes, limits);
    return "accepted";
  } catch (const cl::Error& error) {
    CHECK(error.code() == cl::Errc::image_corrupt);
    return error.what();
  }
}

bool refused(const std::string& bytes, const std::string& why, const archive::Limits& limits = {}) {
  std::string message = refusal(bytes, limits);
  CAPTURE(message);
  bool right = message.find(why) != std::string::npos;
  CHECK(right);
  return right;
}

}  // namespace

TEST_CASE("members of every type") {
  TarBytes tar;
  tar.dir("d", 0750, 1, 2).file("d/f", "hello", 04711).symlink("s", "d/f").link("h", "d/f");
  tar.add({.name = "c", .type = '3', .major = 1, .minor = 3});
  tar.add({.name = "b", .type = '4', .major = 8, .minor = 1});
  tar.add({.name = "p", .type = '6'});
  tar.add({.name = "old", .type = '\0', .content = "v7"}).add({.name = "olddir/", .type = '\0'});
  tar.add({.name = "contiguous", .type = '7', .content = "c"});
  auto members = read(tar.end());
  REQUIRE(members.size() == 10);
  CHECK(members[0].entry.type == TarEntry::Type::directory);
  CHECK(members[0].entry.uid == 1);
  CHECK(members[0].entry.gid == 2);
  CHECK(members[0].entry.mode == 0750);
  CHECK(members[1].content == "hello");
  CHECK(members[1].entry.mode == 04711);
  CHECK(members[1].entry.mtime.tv_sec == 1000);
  CHECK(members[2].entry.link == "d/f");
  CHECK(members[3].entry.type == TarEntry::Type::hard_link);
  CHECK(members[4].entry.device_minor == 3);
  CHECK(members[5].entry.device_major == 8);
  CHECK(members[6].entry.type == TarEntry::Type::fifo);
  CHECK(members[7].content == "v7");
  CHECK(members[8].entry.type == TarEntry::Type::directory);
  CHECK(members[9].content == "c");
}

TEST_CASE("content that is not read is skipped") {
  std::string bytes = TarBytes().file("a", std::string(1000, 'a')).file("b", "b").end();
  archive::MemorySource source(bytes);
  archive::Limits limits;
  archive::TarReader reader(source, limits, "test");
  TarEntry entry;
  REQUIRE(reader.next(entry));
  REQUIRE(reader.next(entry));
  CHECK(entry.path == "b");
  CHECK_FALSE(reader.next(entry));
  CHECK_FALSE(reader.next(entry));
}

TEST_CASE("an archive may be empty and may lack its end") {
  CHECK(read("").empty());
  CHECK(read(std::string(1024, '\0')).empty());
  CHECK(read(std::string(512, '\0')).empty());
  CHECK(read(TarBytes().file("a", "x").bytes()).size() == 1);
  CHECK(read(TarBytes().file("a").end() + std::string(9000, '\0')).size() == 1);
}

TEST_CASE("long names: ustar prefix, GNU, pax") {
  std::string dir(120, 'd'), name(90, 'n');
  std::string header = TarBytes::header({.name = name});
  header.replace(345, dir.size(), dir);
  TarBytes::seal(header);
  std::string longest(3000, 'x'), target(2000, 't');
  TarBytes tar;
  tar.raw(header);
  tar.add({.name = "././@LongLink", .type = 'L', .content = longest + '\0'})
      .add({.name = "././@LongLink", .type = 'K', .content = target + '\0'})
      .symlink("cut", "cut");
  tar.pax({{"path", longest}, {"linkpath", target}}).symlink("cut", "cut").file("next");
  auto members = read(tar.end());
  REQUIRE(members.size() == 4);
  CHECK(members[0].entry.path == dir + '/' + name);
  for (int i : {1, 2}) {
    CHECK(members[static_cast<std::size_t>(i)].entry.path == longest);
    CHECK(members[static_cast<std::size_t>(i)].entry.link == target);
  }
  CHECK(members[3].entry.path == "next");
}

TEST_CASE("names are bytes") {
  auto members = read(TarBytes().pax({{"path", "\xc3\xa4\xff\n"}}).file("x").file("\xfe").end());
  CHECK(members[0].entry.path == "\xc3\xa4\xff\n");
  CHECK(members[1].entry.path == "\xfe");
}

TEST_CASE("pax numbers, times and attributes") {
  TarBytes tar;
  tar.pax({{"uid", "4294967294"},
           {"gid", "3000000"},
           {"mtime", "12.5"},
           {"SCHILY.xattr.user.k", std::string("a\0b", 3)},
           {"comment", "x"},
           {"size", "3"}})
      .add({.name = "f", .content = "abc", .claimed_size = 0});
  tar.pax({{"mtime", "-1.25"}}).file("g");
  tar.pax({{"path", ""}}).file("kept");
  auto members = read(tar.end());
  REQUIRE(members.size() == 3);
  CHECK(members[0].entry.uid == 4294967294);
  CHECK(members[0].entry.gid == 3000000);
  CHECK(members[0].entry.mtime.tv_nsec == 500'000'000);
  CHECK(members[0].content == "abc");
  REQUIRE(members[0].entry.xattrs.size() == 1);
  CHECK(members[0].entry.xattrs[0].second == std::string("a\0b", 3));
  CHECK(members[1].entry.mtime.tv_sec == -2);
  CHECK(members[1].entry.mtime.tv_nsec == 750'000'000);
  CHECK(members[1].entry.xattrs.empty());
  CHECK(members[2].entry.path == "kept");
}

TEST_CASE("GNU numbers in base 256") {
  CHECK(read(TarBytes().add({.name = "f", .mtime = -5}).end())[0].entry.mtime.tv_sec == -5);
  std::string header = TarBytes::header({.name = "f"});
  header.replace(108, 8, std::string("\x80\0\0\0\xff\xff\xff\xfe", 8));
  TarBytes::seal(header);
  CHECK(read(header)[0].entry.uid == 4294967294);
  header.replace(124, 12, std::string("\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12));
  TarBytes::seal(header);
  CHECK(refused(header, "size is out of range"));
}

TEST_CASE("a global header may comment, not rename") {
  CHECK(read(TarBytes().pax({{"comment", "commit"}}, 'g').file("f").end()).size() == 1);
  CHECK(refused(TarBytes().pax({{"path", "evil"}}, 'g').file("f").end(), "global"));
}

TEST_CASE("what is damaged, truncated or too big is refused") {
  std::string good = TarBytes().dir("d").file("d/f", std::string(700, 'x')).end();
  for (std::size_t size : {std::size_t{1}, std::size_t{511}, std::size_t{513}, std::size_t{1023},
                           std::size_t{1025}, std::size_t{1500}, std::size_t{2000}}) {
    CAPTURE(size);
    CHECK(refused(good.substr(0, size), "the tar ends"));
  }
  std::string wrong = good;
  wrong[3] = 'z';
  CHECK(refused(wrong, "not a tar archive"));
  wrong = good;
  wrong[515] = 'z';
  CHECK(refused(wrong, "checksum"));
  CHECK(refused("hello world" + std::string(600, 'x'), "not a tar archive"));
  CHECK(refused(std::string(512, '\0') + good, "header of zeros"));
  CHECK(refused(TarBytes().add({.name = "f", .claimed_size = 5000}).end(), "the tar ends"));
  CHECK(refused(TarBytes().add({.name = ""}).end(), "without a name"));
  for (char type : {'S', 'V', 'M', 'N', 'D', 'A', 'z'}) {
    CAPTURE(type);
    CHECK(refusal(TarBytes().add({.name = "f", .type = type}).end()) != "accepted");
  }
}

TEST_CASE("extended headers cannot cost more than the limit, nor lie") {
  TarBytes huge;
  huge.raw(TarBytes::header({.name = "x", .type = 'x', .claimed_size = std::int64_t{64} << 27}));
  CHECK(refused(huge.end(), "extended headers of"));
  TarBytes long_name;
  long_name.raw(
      TarBytes::header({.name = "x", .type = 'L', .claimed_size = std::int64_t{1} << 32}));
  CHECK(refused(long_name.end(), "extended headers of"));
  for (const std::string& records :
       {std::string("x"), std::string("10 path=abc\n"), std::string("11 path=abc\n\n"),
        std::string("99 path=a\n"), std::string("-1 path=a\n"), std::string("9 path\n\n"),
        std::string("7 =val\n"), std::string("99999999999999999999999 path=a\n")}) {
    CAPTURE(records);
    TarBytes tar;
    tar.add({.name = "x", .type = 'x', .content = records}).file("f");
    CHECK(refused(tar.end(), "damaged extended header"));
  }
  CHECK(refused(TarBytes().pax({{"path", std::string("a\0b", 3)}}).file("f").end(), "NUL"));
  CHECK(refused(TarBytes().pax({{"size", "-1"}}).file("f").end(), "no number"));
  CHECK(refused(TarBytes().pax({{"size", "9223372036854775807"}}).file("f").end(), "range"));
  CHECK(refused(TarBytes().pax({{"uid", "4294967295"}}).file("f").end(), "out of range"));
  CHECK(refused(TarBytes().pax({{"mtime", "1e9"}}).file("f").end(), "no time"));
  CHECK(refused(TarBytes().pax({{"GNU.sparse.major", "1"}}).file("f").end(), "sparse"));
  CHECK(refused(TarBytes().pax({{"path", std::string(5000, 'x')}}).file("f").end(), "too long"));
  CHECK(refused(TarBytes().pax({{"path", "x"}}).end(), "after an extended header"));
}

TEST_CASE("many extended headers before one member cannot cost more than one") {
  std::string value(60'000, 'x');
  TarBytes many;
  for (int i = 0; i < 20; ++i) many.pax({{"SCHILY.xattr.user.k" + std::to_string(i), value}});
  CHECK(refused(many.file("f").end(), "extended headers of more than"));
  TarBytes names;
  for (int i = 0; i < 2; ++i)
    names.add({.name = "x", .type = 'L', .content = std::string(600'000, 'n')});
  CHECK(refused(names.file("f").end(), "extended headers of more than"));
  TarBytes members;  // each has its own
  for (int i = 0; i < 20; ++i) members.pax({{"SCHILY.xattr.user.k", value}}).file("f");
  CHECK(read(members.end()).size() == 20);
}

TEST_CASE("an attribute no file can have is refused") {
  auto with = [](std::size_t size) {
    return TarBytes().pax({{"SCHILY.xattr.user.k", std::string(size, 'x')}}).file("f").end();
  };
  CHECK(read(with(65536)).size() == 1);
  CHECK(refused(with(65537), "user.k is too long"));
}

TEST_CASE("the limits of a layer") {
  archive::Limits limits;
  limits.entries = 3;
  CHECK(refused(TarBytes().file("a").file("b").file("c").file("d").end(), "more than 3", limits));
  limits = {};
  limits.total_size = 2000;
  CHECK(refused(TarBytes().file("a", std::string(3000, 'x')).end(), "more than 2000", limits));
}

TEST_CASE("devices the kernel cannot number") {
  CHECK(refused(TarBytes().add({.name = "c", .type = '3', .major = 4096, .minor = 1}).end(),
                "device number"));
}
