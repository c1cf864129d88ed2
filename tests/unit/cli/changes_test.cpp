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
  apply_change(options, "ENV C=3 D='4 5' E=\"6 \\\"7\" F=8\\ 9");
  CHECK(options.env.at("C") == "3");
  CHECK(options.env.at("D") == "4 5");
  CHECK(options.env.at("E") == "6 \"7");
  CHECK(options.env.at("F") == "8 9");
  apply_change(options, "LABEL k=v other=\"a b\"");
  CHECK(options.labels == std::map<std::string, std::string>{{"k", "v"}, {"other", "a b"}});
  apply_change(options, "EXPOSE 80 53/udp");
  CHECK(options.exposed_ports == Arguments{"80/tcp", "53/udp"});
  apply_change(options, "VOLUME /a /b");
  apply_change(options, R"(VOLUME ["/c d"])");
  CHECK(options.volumes == Arguments{"/a", "/b", "/c d"});
  apply_change(options, "STOPSIGNAL SIGINT");
  CHECK(options.stop_signal == "SIGINT");
  CHECK(options.user == "10:20");
  CHECK(options.cwd == "/tmp");
}

TEST_CASE("instructions that cannot be kept are refused") {
  ImportOptions options;
  CHECK_THROWS_AS(apply_change(options, "EXPOSE http"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "ENV A='x"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "ENV A=1 B"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "STOPSIGNAL NOPE"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "ONBUILD RUN true"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "HEALTHCHECK NONE"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "CMD"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "ENV =x"), UsageError);
  CHECK_THROWS_AS(apply_change(options, "CMD [1]"), UsageError);
}
