#pragma once
#include <string>
#include <string_view>

#include "archive/source.hpp"
#include "store/staging.hpp"

namespace containerlib::archive {

/// Writes a stream to a new file of the staging directory and tells its digest.
store::StagedBlob stage_blob(store::Vfs&, store::Staging&, Source&,
                             oci::Digest::Algorithm = oci::Digest::Algorithm::sha256);
store::StagedBlob stage_blob(store::Vfs&, store::Staging&, std::string_view data);

}  // namespace containerlib::archive
