#include "cli/table.hpp"

#include <doctest/doctest.h>

#include "cli/arguments.hpp"

using namespace containerlib::cli;

namespace {

Listing listing() {
  return {"{{.ID}}\t{{.Image}}\t{{.Names}}",
          {{"ID", "CONTAINER ID"}, {"Image", "IMAGE"}, {"Names", "NAMES"}},
          {{{"ID", "0123456789ab"}, {"Image", "busybox"}, {"Names", "one"}},
           {{"ID", "ba9876543210"}, {"Image", "a-long-image:1"}, {"Names", "twö"}}}};
}

}  // namespace

TEST_CASE("columns are three blanks apart and at least ten wide") {
  CHECK(laid_out({"A\tB\tC", "long-cell-of-15\tb\tc"}) ==
        "A                 B         C\n"
        "long-cell-of-15   b         c\n");
  CHECK(laid_out({"ö\tx"}) == "ö         x\n");
}

TEST_CASE("the table of docker ps") {
  CHECK(shown(listing(), "") ==
        "CONTAINER ID   IMAGE            NAMES\n"
        "0123456789ab   busybox          one\n"
        "ba9876543210   a-long-image:1   twö\n");
  CHECK(shown(listing(), "table") == shown(listing(), ""));
  CHECK(shown(listing(), "table {{.Names}}\\t{{.ID}}") ==
        "NAMES     CONTAINER ID\none       0123456789ab\ntwö       ba9876543210\n");
}

TEST_CASE("templates and json have a line for each row and no header") {
  CHECK(shown(listing(), "{{.Names}}") == "one\ntwö\n");
  CHECK(shown(listing(), "json")
            .starts_with(R"({"ID":"0123456789ab","Image":"busybox","Names":"one"})"
                         "\n"));
  CHECK_THROWS_AS(shown(listing(), "{{.Nope}}"), UsageError);
  CHECK_THROWS_AS(shown(listing(), "table {{.Nope}}"), UsageError);
}

TEST_CASE("without rows a table is its header and all else is nothing") {
  Listing empty = listing();
  empty.rows.clear();
  CHECK(shown(empty, "") == "CONTAINER ID   IMAGE     NAMES\n");
  CHECK(shown(empty, "json").empty());
  CHECK(shown(empty, "{{.ID}}").empty());
}

TEST_CASE("a cell cannot break the table or steer the terminal") {
  Listing odd = listing();
  odd.rows = {{{"ID", "a\tb"}, {"Image", "x\033[0m"}, {"Names", "n\n"}}};
  CHECK(shown(odd, "table {{.ID}} {{.Image}} {{.Names}}") ==
        "CONTAINER ID IMAGE NAMES\na\\x09b x\\x1b[0m n\\x0a\n");
}
