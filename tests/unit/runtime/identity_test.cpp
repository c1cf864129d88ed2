#include "runtime/identity.hpp"

#include <set>

#include "runtime/fixtures.hpp"

using namespace containerlib::runtime;

TEST_CASE("ids are 64 hexadecimal digits, each another") {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const std::string id = new_id();
    CHECK(id.size() == 64);
    CHECK(is_id_prefix(id));
    ids.insert(id);
  }
  CHECK(ids.size() == 100);
}

TEST_CASE("generated names are good names") {
  for (int i = 0; i < 100; ++i) {
    const std::string name = new_name();
    CHECK(name.find('_') != name.npos);
    CHECK_NOTHROW(check_name(name));
  }
}

TEST_CASE("names are checked") {
  for (const char* name : {"a", "web-1", "A.b_c", "0"}) CHECK_NOTHROW(check_name(name));
  for (const std::string& name :
       {std::string(), std::string("-a"), std::string(".a"), std::string("a/b"), std::string("a b"),
        std::string("a\nb"), std::string("é"), std::string(129, 'a')})
    CHECK(refused_field([&] { check_name(name); }) == "name");
}

TEST_CASE("an id's beginning is told from a name") {
  CHECK(is_id_prefix("0af"));
  CHECK_FALSE(is_id_prefix(""));
  CHECK_FALSE(is_id_prefix("0AF"));
  CHECK_FALSE(is_id_prefix("web"));
  CHECK_FALSE(is_id_prefix(std::string(65, 'a')));
}
