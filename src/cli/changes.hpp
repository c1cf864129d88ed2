#pragma once
#include <containerlib/options.hpp>
#include <string>

namespace containerlib::cli {

/// `import -c`: one instruction of a Dockerfile: CMD ENTRYPOINT ENV EXPOSE LABEL STOPSIGNAL USER
/// VOLUME or WORKDIR. Throws UsageError.
void apply_change(ImportOptions&, const std::string& instruction);

}  // namespace containerlib::cli
