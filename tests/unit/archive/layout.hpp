#pragma once
#include <map>
#include <string>
#include <vector>

#include "oci/digest.hpp"

namespace test {

std::string host_architecture();

/// A layer for an image to be made: its blob and what it is said to be.
struct LayerBytes {
  std::string blob;
  std::string media_type;
  containerlib::oci::Digest diff_id;

  static LayerBytes plain(const std::string& tar);
  static LayerBytes gzip(const std::string& tar);
  static LayerBytes zstd(const std::string& tar);
};

/// The files of an OCI image layout, which a test may spoil before it writes them.
class Layout {
 public:
  std::map<std::string, std::string> files;

  Layout();
  /// Adds a blob; returns its descriptor, to which members may be added ("" or ",\"k\":…").
  std::string blob(const std::string& bytes, const std::string& media_type,
                   const std::string& members = {});
  /// Adds an image; returns its manifest's descriptor.
  std::string image(const std::vector<LayerBytes>&, const std::string& members = {},
                    const std::string& architecture = host_architecture());
  /// Adds a manifest of something else than an image, as cosign writes signatures.
  std::string artifact(const std::string& members = {});
  /// Adds an index of descriptors; returns its own.
  std::string nested(const std::vector<std::string>& descriptors, const std::string& members = {});
  void index(const std::vector<std::string>& descriptors);

  void write(const std::string& dir) const;
  std::string tar() const;

  static std::string named(const std::string& name);
  static std::string platform(const std::string& architecture, const std::string& variant = {});
};

std::string file_of(const containerlib::oci::Digest&);

/// A docker archive of one image.
std::map<std::string, std::string> docker_files(const std::vector<LayerBytes>&,
                                                const std::string& name);
std::string tar_of(const std::map<std::string, std::string>& files);

}  // namespace test
