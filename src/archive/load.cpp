#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "archive/archive.hpp"
#include "archive/bundle.hpp"
#include "archive/formats.hpp"
#include "base/error.hpp"
#include "store/files.hpp"

namespace containerlib::archive {
namespace {

WantedPlatform wanted_platform(const LoadOptions& options) {
  if (options.platform.empty()) return {oci::Platform::host(), false};
  auto platform = oci::Platform::parse(options.platform);
  if (!platform)
    throw_error(Errc::invalid_option, "load image", "platform",
                '"' + options.platform + "\" is not like \"linux/arm64/v8\"");
  return {*std::move(platform), true};
}

void add_images(Bundle& bundle, Loader& loader, const WantedPlatform& wanted, store::Store& store,
                store::Staging& staging, const std::string& subject) {
  // Docker 25 and later write both into one archive; the layout says more.
  if (bundle.has("oci-layout") && bundle.has("index.json"))
    return add_oci_layout(bundle, loader, wanted, store, subject);
  if (!bundle.has("manifest.json"))
    throw_error(Errc::image_corrupt, "load image", subject,
                "neither an OCI image layout nor a docker archive; "
                "a root file system is imported, not loaded");
  add_docker_archive(bundle, loader, wanted, store, staging, subject);
}

LoadedImage loaded(const store::Store& store, const store::NewImage& image) {
  LoadedImage out{store.image(image.digest), {}};
  // Of its tags, since another image of the archive may have taken a name.
  std::copy_if(out.image.tags.begin(), out.image.tags.end(), std::back_inserter(out.names),
               [&](const std::string& tag) {
                 return std::any_of(image.names.begin(), image.names.end(),
                                    [&](const oci::Reference& name) { return name.text() == tag; });
               });
  return out;
}

using Open = std::function<std::unique_ptr<Bundle>(store::Staging&)>;

std::vector<LoadedImage> load_bundle(store::Store& store, const Open& open,
                                     const std::string& subject, const LoadOptions& options,
                                     const Host& host) {
  WantedPlatform wanted = wanted_platform(options);
  std::optional<oci::Reference> tag;
  if (!options.tag.empty()) tag = oci::Reference::require(options.tag);
  if (tag && tag->digest())
    throw_error(Errc::invalid_option, "load image", "tag", "a name to give has no digest");
  store::Staging staging = store.stage();
  std::unique_ptr<Bundle> bundle = open(staging);
  for (bool reuse : {true, false}) {
    Loader loader(store, staging, host, options.stop, reuse);
    add_images(*bundle, loader, wanted, store, staging, subject);
    if (tag) loader.add_name(*tag);
    if (!loader.commit()) continue;
    std::vector<LoadedImage> out;
    for (const store::NewImage& image : loader.images()) out.push_back(loaded(store, image));
    return out;
  }
  throw_errno(EAGAIN, "load image", subject, "its layers are being removed at the same time");
}

}  // namespace

std::vector<LoadedImage> load(store::Store& store, const std::filesystem::path& path,
                              const LoadOptions& options, const Host& host) {
  store::Vfs& vfs = store.vfs();
  std::string name = path.string();
  Fd fd(static_cast<int>(
      store::check(vfs.open(AT_FDCWD, name.c_str(), O_RDONLY, 0, 0), "open image", name)));
  struct stat status;
  store::check(vfs.stat(fd.get(), "", status), "open image", name);
  Open open = [&](store::Staging& staging) {
    if (S_ISDIR(status.st_mode))
      return open_directory(vfs, std::move(fd), name, staging, options.stop);
    return open_archive(vfs, fd.get(), name, staging, host.limits, options.stop);
  };
  return load_bundle(store, open, name, options, host);
}

std::vector<LoadedImage> load(store::Store& store, int fd, const LoadOptions& options,
                              const Host& host) {
  Open open = [&](store::Staging& staging) {
    return open_archive(store.vfs(), fd, "image archive", staging, host.limits, options.stop);
  };
  return load_bundle(store, open, "image archive", options, host);
}

}  // namespace containerlib::archive
