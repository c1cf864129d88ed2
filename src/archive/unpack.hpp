#pragma once
#include <string>

#include "archive/archive.hpp"
#include "archive/inherit.hpp"
#include "archive/source.hpp"
#include "store/staging.hpp"

namespace containerlib::archive {

/// One layer to be unpacked.
struct LayerJob {
  store::Vfs& vfs;
  int root = -1;         ///< an empty directory that nobody else uses
  OpenLower open_lower;  ///< the unpacked layers below it
  std::string subject;   ///< how messages call it: "layer sha256:…"
  const Host& host;
  const store::Log& log;
};

/// Turns a tar stream into an overlay lower directory. Reads `tar` to its end, so that its digest
/// is that of the whole stream. Throws image_corrupt, unsupported, or an errno; the directory then
/// holds whatever had been written.
store::LayerRecord unpack(Source& tar, const LayerJob&);

}  // namespace containerlib::archive
