#include "oci/manifest.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "oci/json.hpp"
#include "oci/media_type.hpp"

namespace cl = containerlib;
namespace oci = containerlib::oci;

namespace {

const std::string digest_a = oci::Digest::of("a").text(), digest_b = oci::Digest::of("b").text();
const std::string manifest_type(oci::media_type::oci_manifest);
const std::string index_type(oci::media_type::oci_index);

std::string descriptor(const std::string& type, const std::string& digest,
                       const std::string& rest) {
  return R"({"mediaType":")" + type + R"(","digest":")" + digest + R"(","size":7)" + rest + '}';
}
const std::string config = descriptor(std::string(oci::media_type::oci_config), digest_a, "");
const std::string layer = descriptor(std::string(oci::media_type::oci_layer), digest_b, "");
const std::string good = R"({"schemaVersion":2,"mediaType":")" + manifest_type + R"(","config":)" +
                         config + R"(,"layers":[)" + layer + "]}";

bool refused(const std::string& json, const std::string& type) {
  try {
    if (oci::is_index(type))
      oci::parse_index(json, type, "test");
    else
      oci::parse_manifest(json, type, "test");
    return false;
  } catch (const cl::Error& error) {
    CHECK(error.code() == cl::Errc::image_corrupt);
    return true;
  }
}

}  // namespace

TEST_CASE("a manifest") {
  oci::Manifest manifest = oci::parse_manifest(good, manifest_type, "test");
  CHECK(manifest.config.digest.text() == digest_a);
  REQUIRE(manifest.layers.size() == 1);
  CHECK(manifest.layers[0].digest.text() == digest_b);
  CHECK(manifest.layers[0].size == 7);
  CHECK(oci::to_json(manifest) == good);
}

TEST_CASE("mediaType inside may be missing (OCI)") {
  std::string json = R"({"schemaVersion":2,"config":)" + config + R"(,"layers":[]})";
  CHECK(oci::parse_manifest(json, manifest_type, "test").layers.empty());
}

TEST_CASE("an index with platforms and annotations") {
  std::string json =
      R"({"schemaVersion":2,"mediaType":")" + index_type + R"(","manifests":[)" +
      descriptor(
          manifest_type, digest_a,
          R"(,"annotations":{"k":"v"},"platform":{"architecture":"arm","os":"linux","variant":"v6"})") +
      "]}";
  oci::ImageIndex index = oci::parse_index(json, index_type, "test");
  REQUIRE(index.manifests.size() == 1);
  CHECK(index.manifests[0].platform->text() == "linux/arm/v6");
  CHECK(index.manifests[0].annotations.at("k") == "v");
  CHECK(oci::to_json(index) == json);
}

TEST_CASE("documents that could be taken for something else are refused (SEC-70)") {
  std::string manifests = R"("manifests":[)" + descriptor(manifest_type, digest_a, "") + "]";
  std::string body = R"("config":)" + config + R"(,"layers":[)" + layer + "]";
  const std::vector<std::string> bad_manifests{
      "{\"schemaVersion\":2," + body + "," + manifests + "}",
      "{\"schemaVersion\":2," + body + ",\"manifests\":null}",
      "{\"schemaVersion\":2," + body + ",\"Manifests\":[]}",
      "{\"schemaVersion\":2," + body + ",\"MANIFESTS\":[]}",
      "{\"schemaVersion\":2,\"mediaType\":\"" + index_type + "\"," + body + "}",
      "{\"schemaVersion\":2,\"mediaType\":7," + body + "}",
      "{\"schemaVersion\":2," + body + ",\"layers\":[]}",
      "{\"schemaVersion\":2," + body + ",\"Layers\":[]}",
      "{\"schemaVersion\":2," + body + ",\"l\\u0061yers\":[]}",
      "\xef\xbb\xbf{\"schemaVersion\":2," + body + "}",
      "{\"schemaVersion\":1," + body + "}",
      "{" + body + "}",
      "{\"schemaVersion\":2," + manifests + "}",
  };
  for (const std::string& json : bad_manifests) {
    CAPTURE(json);
    CHECK(refused(json, manifest_type));
  }
  const std::vector<std::string> bad_indexes{
      "{\"schemaVersion\":2," + manifests + ",\"layers\":[]}",
      "{\"schemaVersion\":2," + manifests + ",\"config\":{}}",
      "{\"schemaVersion\":2," + manifests + ",\"Layers\":[]}",
      "{\"schemaVersion\":2,\"mediaType\":\"" + manifest_type + "\"," + manifests + "}",
      "{\"schemaVersion\":2}",
      good,
  };
  for (const std::string& json : bad_indexes) {
    CAPTURE(json);
    CHECK(refused(json, index_type));
  }
  // The same for index.json, whose type nobody promises.
  CHECK_THROWS_AS(oci::parse_index("{\"schemaVersion\":2,\"mediaType\":\"" + manifest_type +
                                       "\",\"manifests\":[]}",
                                   "", "test"),
                  cl::Error);
}

TEST_CASE("bad descriptors are refused") {
  for (const std::string& bad : {std::string("null"), std::string("[]"), std::string("{}"),
                                 descriptor("t", "sha256:../../etc", ""),
                                 R"({"mediaType":"t","digest":")" + digest_a + R"("})",
                                 R"({"mediaType":"t","digest":")" + digest_a + R"(","size":-1})",
                                 R"({"mediaType":"t","digest":")" + digest_a + R"(","size":1.5})",
                                 R"({"mediaType":"t","digest":")" + digest_a + R"(","size":"7"})",
                                 R"({"digest":")" + digest_a + R"(","size":7})"}) {
    CAPTURE(bad);
    CHECK(refused("{\"schemaVersion\":2,\"config\":" + config + ",\"layers\":[" + bad + "]}",
                  manifest_type));
  }
}

TEST_CASE("hostile JSON costs little") {
  CHECK(refused(std::string(oci::json::max_manifest_size + 1, ' '), manifest_type));
  CHECK(refused(std::string(100000, '['), manifest_type));
  CHECK(refused(std::string(100000, '{'), manifest_type));
  CHECK(refused(good.substr(0, good.size() - 1), manifest_type));
  CHECK(refused(good + "x", manifest_type));
  CHECK(refused("", manifest_type));
  CHECK(refused("null", manifest_type));
}

TEST_CASE("types of layers") {
  using oci::Compression;
  CHECK(oci::layer_compression("application/vnd.oci.image.layer.v1.tar+gzip") == Compression::gzip);
  CHECK(oci::layer_compression("application/vnd.docker.image.rootfs.diff.tar.gzip") ==
        Compression::gzip);
  CHECK(oci::layer_compression("application/vnd.oci.image.layer.v1.tar") == Compression::none);
  CHECK(oci::layer_compression("application/vnd.oci.image.layer.v1.tar+zstd") == Compression::zstd);
  CHECK_FALSE(oci::layer_compression("application/vnd.oci.image.layer.v1.tar+xz"));
  CHECK_FALSE(oci::layer_compression("text/plain"));
  for (Compression each : {Compression::none, Compression::gzip, Compression::zstd})
    CHECK(oci::layer_compression(oci::layer_type(each)) == each);
}
