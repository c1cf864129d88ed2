#include "oci/runtime_state.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

namespace cl = containerlib;
namespace oci = containerlib::oci;

namespace {

const oci::RuntimeState running{.oci_version = "0.2.0",
                                .id = "oci-container1",
                                .status = "running",
                                .pid = 4422,
                                .bundle = "/containers/redis",
                                .annotations = {{"myKey", "myValue"}}};
// The example of runtime.md.
const std::string running_text =
    R"({"ociVersion":"0.2.0","id":"oci-container1","status":"running","pid":4422,)"
    R"("bundle":"/containers/redis","annotations":{"myKey":"myValue"}})";

std::string refused_field(const std::string& text) {
  try {
    oci::parse_runtime_state(text, "state");
  } catch (const cl::Error& error) {
    CHECK((error.code() == cl::Errc::invalid_option));
    return error.subject();
  }
  return "none";
}

}  // namespace

TEST_CASE("the state of a container is read and written as in the specification") {
  CHECK(oci::to_json(running) == running_text);
  CHECK(oci::to_json(oci::parse_runtime_state(running_text, "state")) == running_text);
}

TEST_CASE("a stopped container has no process") {
  oci::RuntimeState stopped = running;
  stopped.status = "stopped";
  const std::string text = oci::to_json(stopped);
  CHECK(text.find("pid") == std::string::npos);
  CHECK(oci::parse_runtime_state(text, "state").pid == 0);
}

TEST_CASE("a wrong state names its field") {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = running_text;
    return text.replace(text.find(from), from.size(), to);
  };
  CHECK(refused_field(with("\"running\"", "\"dead\"")) == "status");
  CHECK(refused_field(with("\"running\"", "\"paused\"")) == "none");
  CHECK(refused_field(with("4422", "-1")) == "pid");
  CHECK(refused_field(with("4422", "0")) == "pid");
  CHECK(refused_field(with("\"pid\":4422,", "")) == "pid");
  CHECK(refused_field(with("/containers", "containers")) == "bundle");
  CHECK(refused_field(with("\"id\":\"oci-container1\",", "")) == "id");
  CHECK(refused_field(with("\"ociVersion\":\"0.2.0\",", "")) == "ociVersion");
  CHECK(refused_field(with("\"myValue\"", "1")) == "annotations.myKey");
  CHECK(refused_field("[]") == "state");
}

TEST_CASE("the state that a seccomp agent gets") {
  // The example of config-linux.md.
  oci::ContainerProcessState process{
      .oci_version = "1.0.2",
      .fds = {"seccompFd"},
      .pid = 4422,
      .metadata = "MKNOD=/dev/null,/dev/net/tun;BPF_MAP_TYPES=hash,array",
      .state = running};
  process.state.oci_version = "1.0.2";
  process.state.status = "creating";
  CHECK(oci::to_json(process) ==
        R"({"ociVersion":"1.0.2","fds":["seccompFd"],"pid":4422,)"
        R"("metadata":"MKNOD=/dev/null,/dev/net/tun;BPF_MAP_TYPES=hash,array",)"
        R"("state":{"ociVersion":"1.0.2","id":"oci-container1","status":"creating","pid":4422,)"
        R"("bundle":"/containers/redis","annotations":{"myKey":"myValue"}}})");
}
