#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <filesystem>

#include "store/store.hpp"
#include "unit/store/sample.hpp"
#include "unit/store/temp_dir.hpp"

namespace cl = containerlib;
namespace store = containerlib::store;
using test::container;
using test::TempDir;

namespace {
template <class Call>
std::error_code code_of(Call call) {
  try {
    call();
  } catch (const cl::Error& error) {
    return error.code();
  }
  return {};
}
}  // namespace

TEST_CASE("container records") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  auto image = test::add_image(store, "config", {"a", "b"}, {"x"});
  auto one = container("abc1", "one", image.id.text());
  one.json = R"({"k":1})";
  store.add_container(one);
  auto two = container("abc2", "two", image.id.text());
  two.created = 2;
  store.add_container(two);

  SUBCASE("are found by id, name and prefix") {
    CHECK(store.find_container(one.id)->name == "one");
    CHECK(store.find_container("one")->id == one.id);
    CHECK(store.find_container("abc1")->json == R"({"k":1})");
    CHECK_FALSE(store.find_container("abd"));
    CHECK_FALSE(store.find_container(""));
    CHECK(code_of([&] { store.find_container("abc"); }) == cl::Errc::container_not_found);
  }
  SUBCASE("a name goes before a prefix") {
    store.add_container(container("fff", "abc1", ""));
    CHECK(store.find_container("abc1")->id.substr(0, 3) == "fff");
  }
  SUBCASE("are listed newest first") {
    auto all = store.containers();
    REQUIRE(all.size() == 2);
    CHECK(all[0].name == "two");
  }
  SUBCASE("names and ids are unique") {
    CHECK(code_of([&] { store.add_container(container("d", "one", "")); }) ==
          cl::Errc::name_in_use);
    CHECK_FALSE(store.try_add_container(container("abc1", "other", "")));
    two.name = "one";
    CHECK(code_of([&] { store.update_container(two); }) == cl::Errc::name_in_use);
    CHECK(store.containers().size() == 2);
  }
  SUBCASE("are updated and removed") {
    one.json = "new";
    one.name = "uno";
    store.update_container(one);
    CHECK(store.find_container("uno")->json == "new");
    store.remove_container(one.id);
    store.remove_container(one.id);
    CHECK(store.containers().size() == 1);
    CHECK(code_of([&] { store.update_container(one); }) == cl::Errc::container_not_found);
    CHECK(code_of([&] { store.container_lowers(one.id); }) == cl::Errc::container_not_found);
  }
  SUBCASE("need their image") {
    CHECK(code_of([&] {
            store.add_container(container("e", "e", cl::oci::Digest::of("no").text()));
          }) == cl::Errc::image_not_found);
    CHECK_FALSE(store.find_container("e"));
  }
}

TEST_CASE("a container's directory") {
  TempDir dir;
  store::Store store(test::options(dir.path()));
  std::string id = container("abc", "x", "").id;
  store.make_container_dir(id);
  store.make_container_dir(id);
  struct stat status;
  REQUIRE(::stat(store.container_dir(id).c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  std::filesystem::create_directories(store.container_dir(id) + "/upper/a");
  ::chmod((store.container_dir(id) + "/upper").c_str(), 0);
  store.remove_container_dir(id);
  store.remove_container_dir(id);
  CHECK(std::filesystem::is_empty(dir / "containers"));
  CHECK(std::filesystem::is_empty(dir / "tmp"));
  CHECK_THROWS_AS(store.container_dir("../../etc"), cl::Error);
}

TEST_CASE("a container's directory is taken only when nobody uses it") {
  TempDir dir;
  store::Store store(test::options(dir.path())), other(test::options(dir.path()));
  std::string id = container("abc", "x", "").id;
  CHECK_FALSE(store.hold_container_dir(id));
  CHECK_FALSE(store.take_container_dir(id));
  cl::Fd made = store.make_container_dir(id), held = other.hold_container_dir(id);
  REQUIRE(made);
  REQUIRE(held);
  CHECK_FALSE(other.take_container_dir(id));
  made.reset();
  CHECK_FALSE(store.take_container_dir(id));
  held.reset();
  cl::Fd taken = store.take_container_dir(id);
  REQUIRE(taken);
  CHECK_FALSE(other.take_container_dir(id));
  test::write_file(dir / "containers/other", "no container");
  CHECK(store.container_dirs() == std::set<std::string>{id});
}
