#include "oci/image_config.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <string>

namespace cl = containerlib;
namespace oci = containerlib::oci;

namespace {
const std::string id = oci::Digest::of("layer").text();
std::string with_rootfs(const std::string& rest) {
  return R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[")" + id +
         "\"]}" + rest + '}';
}
}  // namespace

TEST_CASE("an image's configuration") {
  oci::ConfigDocument document = oci::parse_image_config(
      with_rootfs(R"(,"created":"2024-01-01T00:00:00Z","variant":"v2","config":{
        "Entrypoint":["/bin/sh","-c"],"Cmd":["ls"],"Env":["A=1","B="],"User":"1000:100",
        "WorkingDir":"/srv","StopSignal":"SIGINT","Labels":{"k":"v"},
        "ExposedPorts":{"80/tcp":{}},"Volumes":{"/data":{}},"OnBuild":null})"),
      "test");
  const cl::ImageConfig& config = document.config;
  CHECK(config.entrypoint == std::vector<std::string>{"/bin/sh", "-c"});
  CHECK(config.command == std::vector<std::string>{"ls"});
  CHECK(config.env == std::vector<std::string>{"A=1", "B="});
  CHECK(config.user == "1000:100");
  CHECK(config.working_dir == "/srv");
  CHECK(config.stop_signal == "SIGINT");
  CHECK(config.labels.at("k") == "v");
  CHECK(config.exposed_ports == std::vector<std::string>{"80/tcp"});
  CHECK(config.volumes == std::vector<std::string>{"/data"});
  CHECK(config.created == "2024-01-01T00:00:00Z");
  CHECK(document.platform().text() == "linux/amd64/v2");
  REQUIRE(document.diff_ids.size() == 1);
  CHECK(document.diff_ids[0].text() == id);
}

TEST_CASE("docker writes null for what is not there") {
  oci::ConfigDocument document = oci::parse_image_config(
      with_rootfs(
          R"(,"config":{"Entrypoint":null,"Cmd":null,"Env":null,"Labels":null,"Volumes":null})"),
      "test");
  CHECK(document.config.entrypoint.empty());
  CHECK(document.config.labels.empty());
  CHECK(oci::parse_image_config(with_rootfs(R"(,"config":null)"), "test").config.env.empty());
}

TEST_CASE("what is written is read back, and always the same bytes") {
  oci::ConfigDocument document;
  document.config.os = "linux";
  document.config.architecture = "arm64";
  document.config.variant = "v8";
  document.config.entrypoint = {"/init"};
  document.config.env = {"PATH=/bin"};
  document.config.labels = {{"b", "2"}, {"a", "1"}};
  document.diff_ids = {oci::Digest::of("x")};
  std::string json = oci::to_json(document);
  oci::ConfigDocument again = oci::parse_image_config(json, "test");
  CHECK(again.config.entrypoint == document.config.entrypoint);
  CHECK(again.config.labels == document.config.labels);
  CHECK(again.diff_ids == document.diff_ids);
  CHECK(oci::to_json(again) == json);
}

TEST_CASE("what is no configuration is refused") {
  for (const std::string& json :
       {std::string("{}"), std::string("[]"), with_rootfs(R"(,"config":[])"),
        with_rootfs(R"(,"config":{"Cmd":"ls"})"), with_rootfs(R"(,"config":{"Env":[1]})"),
        with_rootfs(R"(,"config":{"User":"a\u0000b"})"),
        std::string(R"({"rootfs":{"type":"tree","diff_ids":[]}})"),
        std::string(R"({"rootfs":{"type":"layers","diff_ids":["sha256:.."]}})")}) {
    CAPTURE(json);
    CHECK_THROWS_AS(oci::parse_image_config(json, "test"), cl::Error);
  }
}
