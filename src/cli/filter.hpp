#pragma once
#include <containerlib/containerlib.hpp>
#include <string>
#include <utility>
#include <vector>

// `--filter` of `ps` and `images`. Of one key any value may match, of different keys all must.
namespace containerlib::cli {

/// `KEY=VALUE` by key and value, as they were given.
using Filters = std::vector<std::pair<std::string, std::string>>;

/// Throws UsageError for a key that is not among `known`.
Filters parse_filters(const std::vector<std::string>& texts, const std::vector<std::string>& known);

/// Which containers `ps --filter` lets through: ancestor before exited id label name since status.
class ContainerFilter {
 public:
  /// `all` is where before= and since= look their container up. Throws UsageError.
  ContainerFilter(const std::vector<std::string>& texts, const std::vector<ContainerInfo>& all);
  bool matches(const ContainerInfo&) const;
  /// Whether it asks for those that do not run, too.
  bool by_state() const;

 private:
  Filters filters_;
  const std::vector<ContainerInfo>& all_;
};

/// A name of an image as `images` has it, "<none>" for what it lacks.
struct ImageName {
  std::string repository, tag;
};

/// Which images `images --filter` lets through: before dangling label reference since.
class ImageFilter {
 public:
  ImageFilter(const std::vector<std::string>& texts, Runtime&);
  bool matches(const Image&, const ImageName&) const;

 private:
  bool matches(const Image&, const ImageName&, const std::string& key,
               const std::string& value) const;
  Filters filters_;
  Runtime& runtime_;
};

/// Whether a name matches "REPOSITORY[:TAG]", in which * ? and [] are as in a shell.
bool matches_reference(const ImageName&, const std::string& pattern);

}  // namespace containerlib::cli
