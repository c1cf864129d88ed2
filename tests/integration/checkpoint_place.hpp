#pragma once
#include "integration/fixture.hpp"

namespace tests {

/// A directory for a checkpoint, which is not there yet.
class Place {
 public:
  explicit Place(const Containers& containers)
      : path(containers.host.scratch / "checkpoint"), other(containers.host.scratch / "other") {}
  Place(const Place&) = delete;
  ~Place() {
    std::filesystem::remove_all(path);
    std::filesystem::remove_all(other);
  }
  const std::filesystem::path path, other;
};

inline std::string all_log(const cl::Container& container) {
  std::string out;
  for (const cl::LogLine& line : container.logs()) out += line.text + '\n';
  return out;
}

}  // namespace tests
