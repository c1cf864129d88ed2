#include "linux/users.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "temporary_directory.hpp"

using namespace containerlib;
using namespace containerlib::sys;
using Gids = std::vector<std::uint32_t>;

namespace {

const UserFiles files = {
    "root:x:0:0:root:/root:/bin/sh\n"
    "app:x:1000:1001:App,,,:/home/app:/bin/sh\n"
    "relative:x:5:5::home:/bin/sh\n"
    "1000:x:0:0:a name of digits:/evil:/bin/sh\n"
    "0x1:x:77:77::/x:/bin/sh\n"
    "app:x:0:0:second of its name:/:/bin/sh\n",
    "root:x:0:\n"
    "wheel:x:10:root,app\n"
    "app:x:1001:app\n"
    "audio:x:29:other,app,app\n"
    "audio2:x:29:app\n"
    "2000:x:0:\n"};

Errc failure(std::string_view user, const UserFiles& with = files) {
  try {
    resolve_user(user, with);
  } catch (const Error& error) {
    return static_cast<Errc>(error.code().value());
  }
  return {};
}

}  // namespace

TEST_CASE("passwd and group: good lines are kept, others left out") {
  const auto users = parse_passwd(
      "a:x:1:2:gecos:/home/a:/bin/sh\n"
      "no-fields\n"
      "short:x:1:2\n"
      ":x:1:2::/:/bin/sh\n"
      "minus:x:-1:2::/:/bin/sh\n"
      "space:x: 1:2::/:/bin/sh\n"
      "big:x:4294967295:2::/:/bin/sh\n"
      "bigger:x:4294967296:0::/:/bin/sh\n"
      "esc\x1b:x:1:2::/:/bin/sh\n"
      "last:x:4294967294:4294967294::/l:");
  REQUIRE(users.size() == 2);
  CHECK(users[0].name == "a");
  CHECK(users[0].uid == 1);
  CHECK(users[0].gid == 2);
  CHECK(users[0].home == "/home/a");
  CHECK(users[1].uid == 4294967294u);

  const auto groups = parse_group("a:x:1:u,,v\nb:x:y:\nc:x:3\nd:x:4:\n");
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].members == std::vector<std::string>{"u", "v"});
  CHECK(groups[1].members.empty());
}

TEST_CASE("files of zeros, separators and noise are harmless") {
  for (const char c : {'\0', ':', '\n', ',', '\xff', 'a'}) {
    const std::string text(100000, c);
    CHECK(parse_passwd(text).empty());
    CHECK(parse_group(text).empty());
  }
}

TEST_CASE("a name brings uid, gid, home and the groups that name it") {
  const ResolvedUser app = resolve_user("app", files);
  CHECK(app.uid == 1000);
  CHECK(app.gid == 1001);
  CHECK(app.home == "/home/app");
  CHECK(app.additional_gids == Gids{1001, 10, 29});
  const ResolvedUser nobody_said = resolve_user("", files);
  CHECK(nobody_said.uid == 0);
  CHECK(nobody_said.gid == 0);
  CHECK(nobody_said.home == "/root");
  CHECK(nobody_said.additional_gids == Gids{0, 10});
  CHECK(resolve_user("relative", files).home == "/");
}

TEST_CASE("a number brings the entry of its uid, if there is one") {
  const ResolvedUser app = resolve_user("1000", files);
  CHECK(app.uid == 1000);
  CHECK(app.gid == 1001);
  CHECK(app.additional_gids == Gids{1001, 10, 29});
  const ResolvedUser stranger = resolve_user("4321", files);
  CHECK(stranger.uid == 4321);
  CHECK(stranger.gid == 0);
  CHECK(stranger.home == "/");
  CHECK(stranger.additional_gids == Gids{0});
  CHECK(resolve_user("7", UserFiles{}).uid == 7);
  CHECK(resolve_user("", UserFiles{}).uid == 0);
}

TEST_CASE("an explicit group replaces all groups") {
  const ResolvedUser app = resolve_user("app:wheel", files);
  CHECK(app.uid == 1000);
  CHECK(app.gid == 10);
  CHECK(app.additional_gids == Gids{10});
  CHECK(resolve_user("1:2", files).gid == 2);
  CHECK(resolve_user("1:2000", files).gid == 2000);
  CHECK(failure("app:nosuch") == Errc::unknown_user);
}

TEST_CASE("more groups are added to those of the user") {
  CHECK(resolve_user("app", files, {"10", "7"}).additional_gids == Gids{1001, 10, 29, 7});
  CHECK(resolve_user("1:2", files, {"wheel"}).additional_gids == Gids{2, 10});
  CHECK_THROWS_AS(resolve_user("1:2", files, {"nosuch"}), Error);
  CHECK_THROWS_AS(resolve_user("1:2", files, {""}), Error);
}

TEST_CASE("SEC-26 what is not a user is refused, never uid 0") {
  CHECK(resolve_user("1", files).uid == 1);
  CHECK(resolve_user("2147483648", files).uid == 2147483648u);
  CHECK(resolve_user("4294967294", files).uid == 4294967294u);
  for (const char* wrong : {"1:", ":1", ":", " 1", "1 ", "\t1", "1\n", "4294967296", "4294967295",
                            "18446744073709551616", "99999999999999999999999", "-1", "+1", "1:-1",
                            "1:2:3", "app:app:app", "1:4294967295", "app ", "a b"}) {
    CAPTURE(wrong);
    CHECK(failure(wrong) == Errc::invalid_option);
  }
  CHECK(failure(std::string_view("app\0", 4)) == Errc::invalid_option);
  for (const char* unknown : {"nosuch", "App", "1a", "0x2", "1e3", "root.", "*"}) {
    CAPTURE(unknown);
    CHECK(failure(unknown) == Errc::unknown_user);
  }
  CHECK(failure("0x1", UserFiles{}) == Errc::unknown_user);
  CHECK(failure("root", UserFiles{}) == Errc::unknown_user);
}

TEST_CASE("the files are read inside the root") {
  const TemporaryDirectory directory;
  directory.write("l/etc/passwd", files.passwd);
  directory.link("../../../../../../etc/hostname", "l/etc/group");
  const auto root = [&directory] {
    std::vector<RootFd> layers;
    layers.push_back(RootFd::open_host(directory.path("l")));
    return LayeredRoot(std::move(layers));
  };
  const UserFiles read = read_user_files(root());
  CHECK(read.passwd == files.passwd);
  CHECK(read.group.empty());

  SUBCASE("SEC-73 a FIFO is refused and does not block") {
    std::filesystem::remove(directory.path("l/etc/passwd"));
    REQUIRE(::mkfifo(directory.path("l/etc/passwd").c_str(), 0644) == 0);
    CHECK_THROWS_AS(read_user_files(root()), Error);
  }
  SUBCASE("SEC-73 a huge sparse file is refused") {
    std::filesystem::resize_file(directory.path("l/etc/passwd"), std::uintmax_t{10} << 30);
    CHECK_THROWS_AS(read_user_files(root()), Error);
  }
}
