#pragma once
#include <unistd.h>

#include <string>
#include <vector>

#include "archive/archive.hpp"

namespace test {

/// Remembers what it was asked to do.
class RecordedOwners : public containerlib::archive::OwnerFixer {
 public:
  void apply(int, const std::vector<containerlib::archive::Owner>& owners) override {
    ++calls;
    all.insert(all.end(), owners.begin(), owners.end());
  }
  int calls = 0;
  std::vector<containerlib::archive::Owner> all;
};

/// The host as the process that runs the tests may use it.
struct TestHost {
  RecordedOwners owners;
  containerlib::archive::Host host{.owners = ::geteuid() == 0 ? nullptr : &owners};
};

/// What load() returned, without names.
inline std::vector<containerlib::store::ImageRecord> records(
    std::vector<containerlib::archive::LoadedImage> loaded) {
  std::vector<containerlib::store::ImageRecord> out;
  for (auto& each : loaded) out.push_back(std::move(each.image));
  return out;
}

}  // namespace test
