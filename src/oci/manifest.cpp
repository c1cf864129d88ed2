#include "oci/manifest.hpp"

#include <algorithm>
#include <array>

#include "oci/json.hpp"
#include "oci/media_type.hpp"

namespace containerlib::oci {
namespace bj = boost::json;
namespace {

bool equal_but_for_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// Parsers that ignore case would see another document than we do.
void refuse_lookalike_keys(const bj::object& document, std::string_view what) {
  constexpr std::array<std::string_view, 5> keys{"mediaType", "manifests", "layers", "config",
                                                 "schemaVersion"};
  for (const auto& entry : document) {
    std::string_view name(entry.key().data(), entry.key().size());
    for (std::string_view key : keys)
      if (name != key && equal_but_for_case(name, key))
        json::corrupt(what,
                      "the key \"" + std::string(name) + "\" is not \"" + std::string(key) + '"');
  }
}

bj::object parse_document(std::string_view text, std::string_view media_type,
                          std::string_view what) {
  bj::object document = json::parse_object(text, what);
  refuse_lookalike_keys(document, what);
  if (json::number(document, "schemaVersion", what) != 2)
    json::corrupt(what, "schemaVersion is not 2");
  std::string inside = json::text(document, "mediaType", what);
  if (!inside.empty() && !media_type.empty() && inside != media_type)
    json::corrupt(what, "promised as " + std::string(media_type) + ", says " + inside);
  return document;
}

Descriptor parse_descriptor(const bj::value& value, std::string_view what) {
  const bj::object* object = value.if_object();
  if (!object) json::corrupt(what, "a descriptor is not an object");
  Descriptor out{.media_type = json::text(*object, "mediaType", what),
                 .digest = Digest::require(json::text(*object, "digest", what), what),
                 .size = json::number(*object, "size", what)};
  if (out.media_type.empty()) json::corrupt(what, "a descriptor has no mediaType");
  out.annotations = json::text_map(*object, "annotations", what);
  if (const bj::object* platform = json::object(*object, "platform", what))
    out.platform = Platform::normalised(json::text(*platform, "os", what),
                                        json::text(*platform, "architecture", what),
                                        json::text(*platform, "variant", what));
  return out;
}

bj::object descriptor_json(const Descriptor& descriptor) {
  bj::object out{{"mediaType", descriptor.media_type},
                 {"digest", descriptor.digest.text()},
                 {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) {
    bj::object& annotations = out["annotations"].emplace_object();
    for (const auto& [key, value] : descriptor.annotations) annotations[key] = value;
  }
  if (const auto& platform = descriptor.platform) {
    bj::object& object = out["platform"].emplace_object();
    object["architecture"] = platform->architecture;
    object["os"] = platform->os;
    if (!platform->variant.empty()) object["variant"] = platform->variant;
  }
  return out;
}

}  // namespace

Manifest parse_manifest(std::string_view text, std::string_view media_type, std::string_view what) {
  bj::object document = parse_document(text, media_type, what);
  if (document.contains("manifests")) json::corrupt(what, "a manifest that is also an index");
  Manifest out{.media_type = std::string(media_type),
               .config = parse_descriptor(document["config"], what),
               .layers = {}};
  const bj::array* layers = json::array(document, "layers", what);
  if (!layers) json::corrupt(what, "no layers");
  for (const bj::value& layer : *layers) out.layers.push_back(parse_descriptor(layer, what));
  return out;
}

ImageIndex parse_index(std::string_view text, std::string_view media_type, std::string_view what) {
  bj::object document = parse_document(text, media_type, what);
  if (document.contains("layers") || document.contains("config"))
    json::corrupt(what, "an index that is also a manifest");
  std::string inside = json::text(document, "mediaType", what);
  if (!inside.empty() && !is_index(inside)) json::corrupt(what, "an index says it is " + inside);
  ImageIndex out{std::string(media_type.empty() ? media_type::oci_index : media_type), {}};
  const bj::array* manifests = json::array(document, "manifests", what);
  if (!manifests) json::corrupt(what, "no manifests");
  for (const bj::value& manifest : *manifests)
    out.manifests.push_back(parse_descriptor(manifest, what));
  return out;
}

std::string to_json(const Manifest& manifest) {
  bj::array layers;
  for (const Descriptor& layer : manifest.layers) layers.push_back(descriptor_json(layer));
  return bj::serialize(bj::object{{"schemaVersion", 2},
                                  {"mediaType", manifest.media_type},
                                  {"config", descriptor_json(manifest.config)},
                                  {"layers", std::move(layers)}});
}

std::string to_json(const ImageIndex& index) {
  bj::array manifests;
  for (const Descriptor& entry : index.manifests) manifests.push_back(descriptor_json(entry));
  return bj::serialize(bj::object{
      {"schemaVersion", 2}, {"mediaType", index.media_type}, {"manifests", std::move(manifests)}});
}

}  // namespace containerlib::oci
