// SEC-17: a kernel setting that belongs to no namespace is the host's; a name or a value with a
// separator in it smuggled one in (CVE-2022-0811).
#include "integration/bundle.hpp"
#include "integration/fixture.hpp"

using namespace tests;

namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\\n" : c == '\0' ? "\\u0000" : std::string(1, c);
  return out;
}

std::string sysctl(const std::string& key, const std::string& value) {
  return R"("sysctl": {")" + escaped(key) + R"(": ")" + escaped(value) + R"("})";
}

struct Setting {
  std::string key, value;
};

/// The value of the host's own file is what it is already: a build without the defence changes
/// nothing of the host.
std::vector<Setting> forbidden() {
  const auto own = [](const char* file) { return without_newline(read_file(file)); };
  const std::string pattern = own("/proc/sys/kernel/core_pattern");
  return {{"kernel.core_pattern", pattern},
          {"kernel/core_pattern", pattern},
          {"kernel.shm_rmid_forced+kernel.core_pattern", pattern},
          {"kernel.shm_rmid_forced\nkernel.core_pattern", pattern},
          {"kernel..core_pattern", pattern},
          {"net/../kernel/core_pattern", pattern},
          {"net/./../kernel/core_pattern", pattern},
          {"fs/mqueue/../../kernel/core_pattern", pattern},
          {"../sys/kernel/core_pattern", pattern},
          {"kernel.modprobe", own("/proc/sys/kernel/modprobe")},
          {"vm.overcommit_memory", own("/proc/sys/vm/overcommit_memory")},
          {"kernel.hostname", own("/proc/sys/kernel/hostname")},
          {"fs.file-max", own("/proc/sys/fs/file-max")},
          {"", "1"},
          {".", "1"},
          {"/", "1"}};
}

const Setting smuggling[] = {{"kernel.shm_rmid_forced", "0\nkernel.core_pattern=x"},
                             {"net.ipv4.ip_forward", "0\n1"},
                             {"net.ipv4.ip_forward", std::string("0\0"
                                                                 "1",
                                                                 3)}};

bool is_named_refusal(const std::string& text) {
  return contains(text, "it belongs to no namespace") ||
         contains(text, "it is set by the field hostname") ||
         contains(text, "its value is more than one line") ||
         contains(text, "expected keys that are not empty") || contains(text, "without NUL");
}

}  // namespace

TEST_CASE("SEC-17 a bundle's setting is one of its own namespaces") {
  Bundle bundle;
  const auto refused = [&](const Setting& s) {
    const CommandResult result =
        bundle.run({.script = "true", .linux_members = ", " + sysctl(s.key, s.value)});
    CHECK_MESSAGE(result.code != 0, s.key);
    CHECK_MESSAGE(is_named_refusal(result.err), s.key << ": " << result.err);
  };
  for (const Setting& s : forbidden()) refused(s);
  for (const Setting& s : smuggling) refused(s);
}

TEST_CASE("SEC-17 a setting of a namespace that is shared with the host is refused") {
  Bundle bundle;
  BundleConfig config = {.script = "true",
                         .linux_members = ", " + sysctl("net.ipv4.ip_forward", "1")};
  std::erase(config.namespaces, "network");
  config.own_sys = false;
  CHECK(contains(bundle.run(config).err, "it would be the host's"));
  // By its path the namespace is the same.
  config.namespaces.push_back("network=/proc/self/ns/net");
  CHECK(bundle.run(config).code != 0);
}

TEST_CASE_FIXTURE(Containers, "SEC-17 an option's setting is one of the container's namespaces") {
  std::vector<Setting> settings = forbidden();
  settings.insert(settings.end(), std::begin(smuggling), std::end(smuggling));
  for (const Setting& s : settings) {
    const auto error = error_of([&] {
      run({"true"}, {.unsafe_oci_spec = R"({"linux": {)" + sysctl(s.key, s.value) + "}}"});
    });
    REQUIRE_MESSAGE(error, s.key);
    CHECK_MESSAGE(is_named_refusal(error->what()), s.key << ": " << std::string(error->what()));
  }
  CHECK(run({"cat", "/proc/sys/net/ipv4/ip_forward"},
            {.unsafe_oci_spec = R"({"linux": {"sysctl": {"net.ipv4.ip_forward": "1"}}})"})
            .out == "1\n");
}
