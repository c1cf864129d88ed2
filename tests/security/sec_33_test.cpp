// SEC-33: bytes of somebody else's in a message move the cursor of whoever reads it, or drown it
// (CVE-2026-42507).
#include "integration/cli_fixture.hpp"
#include "integration/oci_bundle.hpp"
#include "security/attack.hpp"

namespace fs = std::filesystem;
using namespace tests;

namespace {

/// Without the newline at its end.
void is_printable_line(const std::string& text, const std::string& what) {
  REQUIRE_MESSAGE(!text.empty(), what);
  CHECK_MESSAGE(text.size() <= 1024, what << ": " << text.size() << " bytes");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 =
        c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c >= 0x20 && c != 0x7f && !c1) continue;
    FAIL_CHECK(what << ": byte " << int{c} << " at " << i);
    return;
  }
}

const std::string hostile[] = {"\x1b[2J\x1b]0;owned\x07",
                               "a\r\nroot logged in",
                               "\xc2\x9b\x33\x31m",
                               "\xff\xfe\x80",
                               "x\x7f\x08\x08",
                               std::string(1 << 20, 'A'),
                               std::string(100'000, '\x1b')};

}  // namespace

TEST_CASE_FIXTURE(Containers,
                  "SEC-33 an error of the library is a short line of printable characters") {
  for (const std::string& text : hostile) {
    const auto says = [&](const char* what, auto&& call) {
      if (const auto error = error_of(call)) is_printable_line(error->what(), what);
    };
    says("image", [&] { runtime().image(text); });
    says("find", [&] { runtime().find(text); });
    says("name", [&] { run({"true"}, {.name = text}); });
    says("user", [&] { run({"true"}, {.user = text}); });
    says("hostname", [&] { run({"true"}, {.hostname = text}); });
    says("cwd", [&] { run({"true"}, {.cwd = text}); });
    says("command", [&] { run({text}); });
    says("capability", [&] { run({"true"}, {.cap_add = {text}}); });
    says("signal", [&] { run({"true"}, {.stop_signal = text}); });
    says("target", [&] { run({"true"}, {.mounts = {{.target = text}}}); });
    says("source", [&] { run({"true"}, {.mounts = {{.source = text, .target = "/x"}}}); });
    says("variable", [&] { run({"true"}, {.env = {{text + "=", "x"}}}); });
    says("group", [&] { run({"true"}, {.groups = {text}}); });
    says("ulimit", [&] { run({"true"}, {.ulimits = {{.name = text}}}); });
    says("spec", [&] { run({"true"}, {.unsafe_oci_spec = text}); });
    says("spec",
         [&] { run({"true"}, {.unsafe_oci_spec = "{\"" + text + "\": 1, \"linux\": 1}"}); });
    says("tag", [&] { runtime().import(host.busybox_root(), {.tag = text}); });
    says("archive", [&] { runtime().load(text); });
  }
}

TEST_CASE_FIXTURE(Cli, "SEC-33 what an image says is shown in printable characters") {
  const HostileImage image(*this, [](const fs::path& root) {
    write_file(root / "etc/passwd", "\x1b[2Jevil:x:4294967296:1::/:/bin/sh\n");
    write_file(root / "bin/bad", "#!/no/\x1b[2J/interpreter\n");
    fs::permissions(root / "bin/bad", fs::perms(0755));
  });
  for (const Args& words :
       std::vector<Args>{{"run", "--rm", "hostile", "/bin/bad"},
                         {"run", "--rm", "hostile", "/bin/\x1b[2J"},
                         {"run", "--rm", "--user", "\x1b[2Jevil", "hostile", "true"},
                         {"run", "--rm", "\x1b[2J", "true"},
                         {"\x1b[2J"}}) {
    const CommandResult result = cli(words);
    CHECK(result.code != 0);
    for (const std::string& line : lines_of(result.err)) is_printable_line(line, words.back());
  }
}

TEST_CASE("SEC-33 a message of the OCI command is of short lines of printable characters") {
  OciBundle bundle;
  const auto says = [&](const char* what, const Args& words) {
    const CommandResult result = bundle.runtime(words);
    for (const std::string& line : lines_of(result.err)) is_printable_line(line, what);
    return result;
  };
  for (const std::string& text : hostile) {
    if (text.size() < 100'000) {  // those a command line can have
      says("id", {"state", text});
      says("command", {text});
      says("option", {"--" + text, "state"});
      says("bundle", {"create", "--bundle", text, bundle.new_id()});
    }
    std::string escaped;  // JSON has no raw control characters
    for (const char c : text)
      escaped += static_cast<unsigned char>(c) < 0x20 ? (c == '\x1b' ? "\\u001b"
                                                         : c == '\r' ? "\\r"
                                                         : c == '\n' ? "\\n"
                                                                     : "\\u0007")
                 : c == '\b'                          ? "\\b"
                                                      : std::string(1, c);
    bundle.configure({.args = {"true"}, .members = R"(, "hostname": ")" + escaped + '"'});
    says("hostname", {"run", bundle.new_id()});
    bundle.configure(
        {.args = {"true"}, .linux_members = R"(, "sysctl": {")" + escaped + R"(": "1"})"});
    CHECK(says("sysctl", {"run", bundle.new_id()}).code != 0);
    bundle.configure(
        {.args = {"true"}, .linux_members = R"(, "rootfsPropagation": ")" + escaped + '"'});
    CHECK(says("propagation", {"run", bundle.new_id()}).code != 0);
    bundle.configure({.args = {"true"},
                      .process_members = R"(, "rlimits": [{"type": ")" + escaped +
                                         R"(", "soft": 1, "hard": 1}])"});
    CHECK(says("rlimit", {"run", bundle.new_id()}).code != 0);
    bundle.configure(
        {.args = {"true"}, .process_members = R"(, "apparmorProfile": ")" + escaped + '"'});
    says("profile", {"run", bundle.new_id()});
    bundle.configure(
        {.args = {"true"},
         .linux_members =
             R"(, "seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [")" +
             escaped + R"("], "action": "SCMP_ACT_ERRNO"}]})"});
    says("seccomp", {"run", bundle.new_id()});
    write_file(bundle.dir() / "config.json", "{\"" + text);
    CHECK(says("json", {"run", bundle.new_id()}).code != 0);
  }
}
