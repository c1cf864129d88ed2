#pragma once
#include <functional>

#include "integration/fixture.hpp"

namespace tests {

/// An image of busybox with something in it that an attacker has prepared; removed at the end.
class HostileImage {
 public:
  HostileImage(cl::Runtime& runtime,
               const std::function<void(const std::filesystem::path& root)>& prepare)
      : runtime_(runtime) {
    namespace fs = std::filesystem;
    const fs::path root = Host::get().scratch / "hostile-root";
    fs::copy(Host::get().busybox_root(), root,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    prepare(root);
    image_.emplace(runtime.import(root, {.tag = "hostile"}));
    fs::remove_all(root);
  }
  HostileImage(const HostileImage&) = delete;
  ~HostileImage() {
    image_.reset();
    runtime_.remove_image("hostile");
  }
  const cl::Image& operator*() const { return *image_; }

 private:
  cl::Runtime& runtime_;
  std::optional<cl::Image> image_;
};

}  // namespace tests
