#include "runtime/landlock.hpp"

#include "runtime/invalid.hpp"

namespace containerlib::runtime {
namespace {

// What is written to /dev/null is in no file.
constexpr const char* devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                   "/dev/random", "/dev/urandom", "/dev/tty",
                                   "/dev/pts",    "/dev/ptmx",    "/dev/console"};

}  // namespace

Landlock checked_landlock(Landlock landlock) {
  for (LandlockPath& entry : landlock.paths) {
    const std::string& text = entry.path.native();
    if (!entry.path.is_absolute() || text.find('\0') != text.npos)
      invalid("landlock.paths", "\"" + printable(text) + "\" is not absolute");
    entry.path = entry.path.lexically_normal();
  }
  return landlock;
}

oci::Landlock to_oci(const Landlock& landlock) {
  oci::Landlock out;
  for (const LandlockPath& entry : landlock.paths)
    out.paths.push_back({entry.path.string(), entry.writable, entry.executable});
  if (!out.paths.empty())
    for (const char* device : devices) out.paths.push_back({device, true, false, true});
  out.tcp_bind = landlock.tcp_bind;
  out.tcp_connect = landlock.tcp_connect;
  out.scope_abstract_sockets = landlock.scope_abstract_sockets;
  out.scope_signals = landlock.scope_signals;
  return out;
}

}  // namespace containerlib::runtime
