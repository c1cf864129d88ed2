#include "oci/digest.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <string>

namespace cl = containerlib;
using cl::oci::Digest;

namespace {
// FIPS 180-2, of "abc".
const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
}  // namespace

TEST_CASE("a digest is its algorithm and lower-case hexadecimal digits") {
  auto digest = Digest::parse("sha256:" + abc);
  REQUIRE(digest);
  CHECK(digest->text() == "sha256:" + abc);
  CHECK(digest->hex() == abc);
  CHECK(Digest::parse("sha512:" + abc + abc));
}

TEST_CASE("anything else is no digest (SEC-75)") {
  std::string upper = abc;
  upper[0] = 'B';
  for (const std::string& text :
       {std::string(), std::string("sha256:"), "sha256:" + upper, "sha256:" + abc + "0",
        "sha256:" + abc.substr(1), "sha256:../../" + abc.substr(6), "sha256-" + abc,
        "sha512:" + abc, "md5:" + abc, "SHA256:" + abc, abc, " sha256:" + abc,
        "sha256:" + abc + "\n", "sha256:" + abc.substr(1) + '\0'}) {
    CAPTURE(text);
    CHECK_FALSE(Digest::parse(text));
  }
}

TEST_CASE("require() says where the bad digest was") {
  try {
    Digest::require("sha256:xyz", "index.json");
    FAIL("accepted");
  } catch (const cl::Error& error) {
    CHECK(error.code() == cl::Errc::image_corrupt);
    CHECK(error.operation() == "read index.json");
    CHECK(error.subject() == "sha256:xyz");
  }
}

TEST_CASE("hashing in pieces is hashing the whole") {
  cl::oci::Hasher hasher;
  hasher.update("a", 1);
  hasher.update("bc", 2);
  CHECK(hasher.finish().hex() == abc);
  CHECK(Digest::of("abc").hex() == abc);
  CHECK(Digest::of("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("sha512") {
  cl::oci::Hasher hasher(Digest::Algorithm::sha512);
  hasher.update("abc", 3);
  Digest digest = hasher.finish();
  CHECK(digest.hex().substr(0, 16) == "ddaf35a193617aba");
  CHECK(Digest::parse(digest.text()) == digest);
}
