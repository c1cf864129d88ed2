#include "cli/changes.hpp"

#include <doctest/doctest.h>

#include "cli/arguments.hpp"

using namespace containerlib;
using namespace containerlib::cli;

TEST_CASE("instructions of import -c") {
  ImportOptions options;
  apply_change(options, R"(CMD ["echo", "a b"])");
  apply_change(options, "ENTRYPOINT run me");
  apply_change(options, "ENV A=1=2");
  apply_change(options, "env B two words");
  apply_change(options, "USER 10:20");
  apply_change(options, "WORKDIR  /tmp");
  CHECK(options.command == Arguments{"echo", "a b"});
  CHECK(options.entrypoint == Arguments{"/bin/sh", "-c", "run me"});
  CHECK(options.env.at("A") == "1=2");
  CHECK(options.env.at("B") == "two words");
  CHECK(options.user == "10:20");
  CHECK(options.cwd == "/tmp");
}

TEST_CASE("instructions that cannot be kept are refused") {
  ImportOptions options;
  CHECK_THROWS_AS(apply_change(options, "EXPOSE 80"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "CMD"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "ENV =x"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "CMD [1]"), UsageError);
}
