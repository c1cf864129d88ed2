#include "runtime/definition.hpp"

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

using Words = std::vector<std::string>;

const std::string id = std::string(60, 'a') + "bcde";

ImageConfig image() {
  ImageConfig out;
  out.entrypoint = {"/entry"};
  out.command = {"serve"};
  out.env = {"PATH=/bin", "A=1"};
  out.user = "www";
  out.working_dir = "/srv";
  out.stop_signal = "SIGINT";
  return out;
}

Words args(const ContainerOptions& options, const ImageConfig& config = image()) {
  return define(options, config, id).args;
}

std::string refused(const ContainerOptions& options) {
  return refused_field([&] { define(options, image(), id); });
}

}  // namespace

TEST_CASE("the command follows docker's rules") {
  CHECK(args({}) == Words{"/entry", "serve"});
  CHECK(args({.args = {"x", "y"}}) == Words{"/entry", "x", "y"});
  CHECK(args({.entrypoint = Words{"/other"}}) == Words{"/other"});
  CHECK(args({.args = {"x"}, .entrypoint = Words{"/other"}}) == Words{"/other", "x"});
  CHECK(args({.args = {"x"}, .entrypoint = Words{}}) == Words{"x"});
  ImageConfig no_entry = image();
  no_entry.entrypoint.clear();
  CHECK(args({}, no_entry) == Words{"serve"});
}

TEST_CASE("a command is needed") {
  CHECK(refused_field([] { define({}, ImageConfig{}, id); }) == "args");
  CHECK(refused({.entrypoint = Words{}}) == "args");
  CHECK(refused({.args = {""}, .entrypoint = Words{}}) == "args");
  CHECK(refused({.args = {std::string("a\0b", 3)}}) == "args");
}

TEST_CASE("the image's settings hold unless overridden") {
  const Definition by_image = define({}, image(), id);
  CHECK(by_image.cwd == "/srv");
  CHECK(by_image.user == "www");
  CHECK(by_image.stop_signal == 2);
  CHECK(by_image.hostname == "aaaaaaaaaaaa");
  const Definition own =
      define({.cwd = "/tmp/../x", .user = "0", .hostname = "web.example", .stop_signal = "9"},
             image(), id);
  CHECK(own.cwd == "/x");
  CHECK(own.user == "0");
  CHECK(own.stop_signal == 9);
  CHECK(own.hostname == "web.example");
  const Definition bare = define({.args = {"x"}}, ImageConfig{}, id);
  CHECK(bare.cwd == "/");
  CHECK(bare.stop_signal == 15);
}

TEST_CASE("variables: defaults, then the image's, then the options'") {
  const Definition out = define({.env = {{"A", "2"}, {"B", "x=y"}}}, image(), id);
  CHECK(out.env == Words{"PATH=/bin", "HOSTNAME=aaaaaaaaaaaa", "A=2", "B=x=y"});
  const Definition with_tty = define({.args = {"x"}, .tty = true}, ImageConfig{}, id);
  CHECK(with_tty.env == Words{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                              "HOSTNAME=aaaaaaaaaaaa", "TERM=xterm"});
  CHECK(find_env(out.env, "B") == std::string("x=y"));
  CHECK(find_env(out.env, "C") == nullptr);
}

TEST_CASE("labels of the image stay, below those of the options") {
  ImageConfig config = image();
  config.labels = {{"a", "image"}, {"b", "image"}, {"", "odd"}};
  const Definition out = define({.labels = {{"b", "own"}}}, config, id);
  CHECK(out.labels == std::map<std::string, std::string>{{"a", "image"}, {"b", "own"}});
}

TEST_CASE("it is known where the entry point ends") {
  CHECK(define({}, image(), id).entrypoint_words == 1);
  CHECK(define({.args = {"x"}, .entrypoint = Words{}}, image(), id).entrypoint_words == 0);
}

TEST_CASE("wrong options name their field") {
  CHECK(refused({.name = "a/b"}) == "name");
  CHECK(refused({.env = {{"", "x"}}}) == "env");
  CHECK(refused({.env = {{"A=B", "x"}}}) == "env");
  CHECK(refused({.cwd = "relative"}) == "cwd");
  CHECK(refused({.hostname = "-x"}) == "hostname");
  CHECK(refused({.hostname = "a b"}) == "hostname");
  CHECK(refused({.hostname = std::string(65, 'a')}) == "hostname");
  CHECK(refused({.mounts = {{.target = "rel"}}}) == "mounts.target");
  CHECK(refused({.in = Stream::to(-1)}) == "in");
  CHECK(refused({.stop_signal = "SIGNOPE"}) == "stop_signal");
  CHECK(refused({.timeout = Milliseconds(-1)}) == "timeout");
  CHECK(refused({.labels = {{"", "x"}}}) == "labels");
  CHECK(refused({.ulimits = {{"nosuch", 1, 1}}}) == "ulimits");
  CHECK(refused({.shm_size = 0_B}) == "shm_size");
}
