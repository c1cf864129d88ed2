#include "bundle/systemd/scope_name.hpp"

#include <doctest/doctest.h>
#include <containerlib/error.hpp>

#include <ostream>

using namespace containerlib;
using bundle::scope_name;
using bundle::scope_path;

namespace {

std::string shown(const std::string& path, bool user = false) {
  try {
    const bundle::ScopeName name = scope_name(path, "id", user);
    return name.slice + " " + name.unit + " " + scope_path(name);
  } catch (const Error& error) {
    CHECK(error.code() == Errc::invalid_option);
    CHECK(error.subject() == "linux.cgroupsPath");
    return "refused";
  }
}

}  // namespace

TEST_CASE("slice:prefix:name is a scope in a slice, and where its group is") {
  CHECK(shown("") == "system.slice containerlib-id.scope /system.slice/containerlib-id.scope");
  CHECK(shown("", true) == "user.slice containerlib-id.scope /user.slice/containerlib-id.scope");
  CHECK(shown("machine.slice:libpod:1234") ==
        "machine.slice libpod-1234.scope /machine.slice/libpod-1234.scope");
  CHECK(shown("kubepods-burstable-pod1.slice:cri-containerd:7") ==
        "kubepods-burstable-pod1.slice cri-containerd-7.scope "
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
        "cri-containerd-7.scope");
  CHECK(shown("-.slice:p:n") == "-.slice p-n.scope /p-n.scope");
  CHECK(shown("::n") == "system.slice n.scope /system.slice/n.scope");
  CHECK(shown(":p:") == "system.slice p-id.scope /system.slice/p-id.scope");
}

TEST_CASE("what is no name of a unit is refused") {
  for (const char* path : {"/a/b", "a:b", "a:b:c:d", "a:p:n", "a--b.slice:p:n", "-a.slice:p:n",
                           "x/y.slice:p:n", "a.slice:p/q:n", "a.slice:p:n n", "a.slice:p:n.slice"})
    CHECK_MESSAGE(shown(path) == "refused", path);
}
