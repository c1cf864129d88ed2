#pragma once

namespace containerlib::cli {

/// Opens /dev/null on those of the descriptors 0 to 2 that are closed. To be called before anything
/// else is opened: that would land there, and be given to a container as its standard stream. Ends
/// the process when it cannot.
void open_closed_streams() noexcept;

}  // namespace containerlib::cli
