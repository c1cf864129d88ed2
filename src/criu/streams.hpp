#pragma once
#include <sys/types.h>

#include <array>
#include <string>

#include "criu/options.hpp"

// The standard streams of a container's process, where they lead out of it: a restored process gets
// those of whoever restores it instead.
namespace containerlib::criu {

/// What criu calls each of the three, or what /proc calls it where criu keeps it as it is. Before
/// the name of what is the host's /dev/null there is "null:".
using StreamNames = std::array<std::string, 3>;
StreamNames stream_names(pid_t);
/// Tells criu, for a dump, which of them are none of the container's.
void add_external_streams(Request&, const StreamNames&);
/// Tells criu, for a restore, that its descriptors from `first` on are to be used for them: those
/// of inherited_streams().
void add_inherited_streams(Request&, const StreamNames&, int first);
/// Our own streams, and /dev/null for what was that.
std::array<Fd, 3> inherited_streams(const StreamNames&);

/// They are kept with the images, in the file that runc has for it too.
void save_stream_names(int images, const StreamNames&);
StreamNames load_stream_names(int images);

}  // namespace containerlib::criu
