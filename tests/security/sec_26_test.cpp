// SEC-26: a user that cannot be parsed must be refused; root by default is a privilege given away.
#include "integration/oci_bundle.hpp"
#include "security/attack.hpp"

using namespace tests;

namespace {

struct Case {
  std::string user;
  const char* ids;  ///< what `id -u`:`id -g` tell; nullptr: refused
};

// busybox's image: root 0:0, app 1000:1000 also in extra 2000.
const Case cases[] = {{"0", "0:0"},
                      {"root", "0:0"},
                      {"1", "1:0"},
                      {"1:1", "1:1"},
                      {"00001", "1:0"},
                      {"app", "1000:1000"},
                      {"app:extra", "1000:2000"},
                      {"1000", "1000:1000"},
                      {"app:0", "1000:0"},
                      {"65535:65535", "65535:65535"},
                      {"1:", nullptr},
                      {":1", nullptr},
                      {":", nullptr},
                      {"0x1", nullptr},
                      {" 1", nullptr},
                      {"1 ", nullptr},
                      {"+1", nullptr},
                      {"-1", nullptr},
                      {"1.0", nullptr},
                      {"2147483648", nullptr},  // not in the user namespace
                      {"4294967295", nullptr},  // (uid_t)-1 is "do not change"
                      {"4294967296", nullptr},  // 2^32 would wrap to 0
                      {"18446744073709551616", nullptr},
                      {"nosuch", nullptr},
                      {"nosuch:0", nullptr},
                      {"0:nosuch", nullptr},
                      {"1:2:3", nullptr},
                      {"root\n", nullptr},
                      {"../root", nullptr}};

const Args who = {"sh", "-c", "echo $(id -u):$(id -g)"};

void check(const Case& c, cl::Result<cl::Completed> result) {
  if (!c.ids) {
    CHECK_MESSAGE(!result, "\"" << c.user << "\" ran as " << (result ? result->out : ""));
    if (!result)
      CHECK_MESSAGE(contains(result.error().what(), "user"),
                    "\"" << c.user << "\": " << std::string(result.error().what()));
  } else if (result) {
    CHECK_MESSAGE(without_newline(result->out) == c.ids, c.user);
  } else {
    CHECK_MESSAGE(false, c.user << ": " << std::string(result.error().what()));
  }
}

}  // namespace

TEST_CASE_FIXTURE(Containers, "SEC-26 the user of run()") {
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  for (const Case& c : cases) check(c, runtime().try_run(busybox(), {.args = who, .user = c.user}));
}

TEST_CASE_FIXTURE(Containers, "SEC-26 the user of exec()") {
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  cl::Container container = start({"sleep", "60"});
  for (const Case& c : cases) check(c, container.try_exec(who, {.user = c.user}));
}

TEST_CASE_FIXTURE(Containers, "SEC-26 the user of an image") {
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  for (const Case& c : cases) {
    auto image = runtime().try_import(host.busybox_root(), {.tag = "user", .user = c.user});
    if (!image) {
      CHECK_MESSAGE(!c.ids, c.user);
      continue;
    }
    check(c, runtime().try_run(*image, {.args = who}));
    runtime().remove_image("user");
  }
}

TEST_CASE_FIXTURE(Containers, "SEC-26 a hostile /etc/passwd") {
  SKIP_IF(!has_ids(), "one user id only: no subordinate ids");
  const HostileImage image(*this, [](const std::filesystem::path& root) {
    write_file(root / "etc/passwd",
               "empty:x:::::\nword:x:one:1::/:/bin/sh\nhuge:x:4294967296:1::/:/bin/sh\n"
               "minus:x:-1:1::/:/bin/sh\nshort:x\n\n:x:0:0::/:\ngood:x:7:8::/:/bin/sh\n");
  });
  for (const std::string user : {"empty", "word", "huge", "minus", "short"})
    check({user, nullptr}, runtime().try_run(image, {.args = who, .user = user}));
  check({"good", "7:8"}, runtime().try_run(image, {.args = who, .user = "good"}));
}

TEST_CASE("SEC-26 the user of the OCI command's exec") {
  SKIP_IF(!is_root(), "an ordinary user's bundle has one user id");
  OciBundle bundle;
  const std::string id = bundle.running();
  for (const Case& c : cases) {
    // It takes ids only, as runc does: "app" would be looked up by the engine.
    const bool ids = c.ids && c.user.find_first_not_of("0123456789:") == std::string::npos;
    const CommandResult result =
        bundle.runtime({"exec", "--user", c.user, id, "sh", "-c", "echo $(id -u):$(id -g)"});
    if (ids || c.user == "2147483648") {
      const std::string user =
          c.ids ? c.ids : "2147483648:0";  // without a user namespace it is one
      const bool named = c.user.find(':') != std::string::npos;
      const std::string expected = named ? user : user.substr(0, user.find(':')) + ":0";
      CHECK_MESSAGE(without_newline(result.out) == expected, c.user << ": " << result.err);
    } else {
      CHECK_MESSAGE(result.code == 1, c.user << ": " << result.out);
      CHECK_MESSAGE(result.out == "", c.user);
    }
  }
  bundle.remove(id);
}

TEST_CASE("SEC-26 the user of a bundle") {
  OciBundle bundle;
  const std::string config = read_file(bundle.dir() / "config.json");
  for (const std::string uid : {"-1", "4294967295", "4294967296", "18446744073709551616", "1.5",
                                "\"1\"", "null", "[]", "true"}) {
    std::string changed = config;
    const std::string zero = R"("uid": 0)";
    changed.replace(changed.find(zero), zero.size(), "\"uid\": " + uid);
    write_file(bundle.dir() / "config.json", changed);
    const CommandResult result = bundle.create(bundle.new_id());
    CHECK_MESSAGE(result.code != 0, uid);
    CHECK_MESSAGE(contains(result.err, "process.user"), uid << ": " << result.err);
  }
}
