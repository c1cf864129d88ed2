#include "archive/choose.hpp"

#include <containerlib/error.hpp>

#include <doctest/doctest.h>

#include "oci/media_type.hpp"

namespace cl = containerlib;
namespace archive = containerlib::archive;
namespace oci = containerlib::oci;

namespace {

oci::Descriptor descriptor(const std::string& text, std::string_view media_type) {
  return {.media_type = std::string(media_type), .digest = oci::Digest::of(text), .size = 100};
}
oci::Descriptor manifest(const std::string& text) {
  return descriptor(text, oci::media_type::oci_manifest);
}
oci::Descriptor index(const std::string& text) {
  return descriptor(text, oci::media_type::oci_index);
}
oci::Descriptor named(oci::Descriptor from, const std::string& name) {
  from.annotations["org.opencontainers.image.ref.name"] = name;
  return from;
}
oci::Descriptor on(oci::Descriptor from, const std::string& platform) {
  from.platform = oci::Platform::parse(platform);
  return from;
}

/// Indexes by what they were made of, and how often each was read.
struct Indexes {
  std::map<std::string, std::vector<oci::Descriptor>> entries;
  std::map<std::string, int> reads = {};

  void add(const std::string& text, std::vector<oci::Descriptor> manifests) {
    entries[oci::Digest::of(text).text()] = std::move(manifests);
  }
  std::vector<archive::Chosen> choose(std::vector<oci::Descriptor> top,
                                      const archive::WantedPlatform& wanted = {
                                          *oci::Platform::parse("linux/amd64"), false}) {
    archive::ReadIndex read = [this](const oci::Descriptor& from) {
      ++reads[from.digest.text()];
      return oci::ImageIndex{{}, entries.at(from.digest.text())};
    };
    return archive::choose({{}, std::move(top)}, wanted, read, "test");
  }
  std::string refusal(std::vector<oci::Descriptor> top) {
    try {
      choose(std::move(top));
      return "accepted";
    } catch (const cl::Error& error) {
      CHECK(error.code() == cl::Errc::image_corrupt);
      return error.what();
    }
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("indexes that list each other many times are refused, and each is read once") {
  Indexes indexes;
  for (int level = 0; level < 4; ++level)
    indexes.add(std::to_string(level),
                std::vector(20, level < 3 ? index(std::to_string(level + 1)) : manifest("m")));
  CHECK(has(indexes.refusal({index("0")}), "more than 10000 entries"));
  for (const auto& [digest, reads] : indexes.reads) CHECK(reads == 1);
}

TEST_CASE("indexes that are large together are refused") {
  Indexes indexes;
  std::vector<oci::Descriptor> top;
  for (int i = 0; i < 20; ++i) {
    top.push_back(index(std::to_string(i)));
    top.back().size = 4 << 20;
    indexes.add(std::to_string(i), {manifest("m")});
  }
  CHECK(has(indexes.refusal(top), "more than 67108864 bytes"));
}

TEST_CASE("an index with two names is chosen from once and keeps both") {
  Indexes indexes;
  indexes.add("i", {on(manifest("other"), "linux/s390x"), on(manifest("own"), "linux/amd64")});
  auto chosen = indexes.choose({named(index("i"), "a"), named(index("i"), "b")});
  REQUIRE(chosen.size() == 1);
  CHECK(chosen[0].manifest.digest == oci::Digest::of("own"));
  CHECK(chosen[0].names == std::vector<std::string>{"a", "b"});
  CHECK(indexes.reads.at(oci::Digest::of("i").text()) == 1);
}

TEST_CASE("of two manifests with one name and no platform the later is taken") {
  Indexes indexes;
  auto chosen = indexes.choose({named(manifest("old"), "a"), named(manifest("new"), "a")});
  REQUIRE(chosen.size() == 1);
  CHECK(chosen[0].manifest.digest == oci::Digest::of("new"));
  CHECK(chosen[0].names == std::vector<std::string>{"a"});
  // One that says it is for the platform is better.
  chosen = indexes.choose({named(on(manifest("own"), "linux/amd64"), "a"),
                           named(on(manifest("other"), "linux/s390x"), "a"),
                           named(manifest("new"), "a")});
  REQUIRE(chosen.size() == 1);
  CHECK(chosen[0].manifest.digest == oci::Digest::of("own"));
}
