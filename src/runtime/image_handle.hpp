#pragma once
#include <containerlib/image.hpp>

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "linux/users.hpp"
#include "store/store.hpp"

namespace containerlib::runtime {

class Engine;

/// What containers of one image share: all that a start needs to know of it, read once.
struct ImageLayers {
  std::vector<std::string> lowers;  ///< below root/l, topmost first
  sys::UserFiles users;
  mode_t root_mode = 0755;  ///< of the image's root directory
};

/// Reads them. `upper`: a container's own layer on top, if it has one.
ImageLayers read_layers(const Engine&, std::vector<std::string> lowers,
                        const std::string& upper = {});

/// An image of one Runtime. Immutable; any member from any thread.
class ImageHandle {
 public:
  /// `called`: what the caller asked for it by; empty: nothing.
  ImageHandle(std::shared_ptr<Engine>, store::ImageRecord, std::string_view called);

  const std::shared_ptr<Engine>& engine() const noexcept { return engine_; }
  const store::ImageRecord& record() const noexcept { return record_; }
  const ImageConfig& config() const noexcept { return config_; }
  const std::vector<std::string>& layer_names() const noexcept { return layer_names_; }
  /// Throws image_not_found once the image has been removed (unless it was asked for before).
  std::shared_ptr<const ImageLayers> layers() const;
  /// The same for who uses the image, so that its layers stay: what the store calls them now. Read
  /// again if that is not what they were called: the image was removed and loaded again.
  std::shared_ptr<const ImageLayers> layers(const std::vector<std::string>& lowers) const;
  /// How the image is called: the name it was asked for by, else its first, both in short form; one
  /// without a name by the first digits of its id.
  const std::string& name() const noexcept { return name_; }

 private:
  std::shared_ptr<Engine> engine_;
  store::ImageRecord record_;
  ImageConfig config_;
  std::vector<std::string> layer_names_;
  std::string name_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const ImageLayers> layers_;
};

}  // namespace containerlib::runtime
