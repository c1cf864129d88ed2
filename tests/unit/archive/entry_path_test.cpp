#include "archive/entry_path.hpp"

#include <doctest/doctest.h>

using namespace containerlib::archive;

TEST_CASE("names become paths below the root") {
  CHECK(clean_path("a/b") == "a/b");
  CHECK(clean_path("./a//b/./") == "a/b");
  CHECK(clean_path("/a") == "a");
  CHECK(clean_path("///") == "");
  CHECK(clean_path("./") == "");
  CHECK(clean_path("..a/b..") == "..a/b..");
  CHECK_FALSE(clean_path(".."));
  CHECK_FALSE(clean_path("a/../b"));
  CHECK_FALSE(clean_path("/.."));
}

TEST_CASE("a path splits into directory and name") {
  CHECK(split_path("a/b/c").parent == "a/b");
  CHECK(split_path("a/b/c").name == "c");
  CHECK(split_path("c").parent == "");
}

TEST_CASE("kinds of names") {
  std::string_view hidden;
  CHECK(classify("a/b.wh.c", &hidden) == NameKind::plain);
  CHECK(classify("a/.wh.c", &hidden) == NameKind::whiteout);
  CHECK(hidden == "c");
  CHECK(classify(".wh.a.wh.", &hidden) == NameKind::whiteout);
  CHECK(hidden == "a.wh.");
  CHECK(classify("a/.wh..wh..opq", &hidden) == NameKind::opaque);
  CHECK(classify(".wh..wh.orph/x/y", &hidden) == NameKind::ignored);
  CHECK(classify(".wh.", &hidden) == NameKind::invalid);
  CHECK(classify(".wh...", &hidden) == NameKind::invalid);
  CHECK(classify(".wh..wh.other", &hidden) == NameKind::invalid);
  CHECK(classify("a/.wh.b/c", &hidden) == NameKind::invalid);
}
