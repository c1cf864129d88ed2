#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.hpp"

namespace containerlib::oci {

/// An image's name as docker normalises it: "alpine" is docker.io/library/alpine:latest. Host and
/// repository are as distribution-spec (pull.md, "name") and docker's reference grammar have them.
class Reference {
 public:
  static std::optional<Reference> parse(std::string_view);
  /// The same; throws invalid_option that shows the text.
  static Reference require(std::string_view);

  const std::string& host() const noexcept { return host_; }              ///< "docker.io"
  const std::string& repository() const noexcept { return repository_; }  ///< "library/alpine"
  const std::string& tag() const noexcept { return tag_; }  ///< empty only with a digest
  const std::optional<Digest>& digest() const noexcept { return digest_; }

  /// host/repository
  std::string name() const { return host_ + '/' + repository_; }
  /// host/repository[:tag][@digest]: what parse() gives back unchanged.
  std::string text() const;
  /// Shortest form that parses to the same: "alpine:latest", "localhost/x:1".
  std::string familiar() const;

 private:
  std::string host_, repository_, tag_;
  std::optional<Digest> digest_;
};

}  // namespace containerlib::oci
