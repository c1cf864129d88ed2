#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

// What goes over the socket between host and monitor. The host sends requests, one packet each; the
// first descriptor of a packet is the channel on which the answers to it come.
namespace containerlib::monitor {

enum class RequestType : std::uint32_t {
  setup = 1,
  launch,
  detach,
  remove_tree,
  apply_owners,
  shift_layers
};

/// A packet starts with this. The second descriptor of `setup` is the host's pidfd. `large`: the
/// rest is in the memfd that is the second descriptor.
struct PacketHead {
  RequestType type;
  std::uint32_t large = 0;
};

/// A packet of up to this size goes as it is, a longer one by memfd: the default limit of a
/// socket's send buffer is 208 KiB (net.core.wmem_default).
inline constexpr std::size_t packet_limit = 96 * 1024;
inline constexpr int descriptor_limit = 64;

enum : std::uint32_t {
  launch_detached = 1,        ///< a monitor of its own
  launch_keeps_terminal = 2,  ///< the terminal's master stays here and is logged
  launch_joins = 4,           ///< exec: a descriptor of the container's process follows
  /// The process is a criu, with a further descriptor as its number 3, and makes the container's as
  /// its sibling: our child. `started` is its own; then a Restored is expected on the channel.
  launch_restores = 8,
};
/// Bytes of state and life files that are locked (F_OFD_SETLK, fcntl(2)), each by an open file of
/// its own: the first by a host that starts, removes or cleans up, the second by the monitor of
/// what runs. A host has both until its monitor is to take over.
inline constexpr std::int64_t host_byte = 0, monitor_byte = 1;

enum class StdioKind : std::uint8_t { null, fd, given_fd, log };

/// Then texts: id, log file, state file, life file, list of trees removed after the end, list of
/// trees removed when the host dies; then the plan. Descriptors after the channel: one for each
/// stream of kind fd, the process to join, the one to pass on, those to hold.
struct LaunchHead {
  std::uint32_t flags = 0;
  StdioKind stdio[3] = {};
  std::uint8_t padding[9] = {};
};

/// From the host, on the channel of a launch that restores: the process that is the container's
/// from now on, with the terminal's master if it has one that stays here. The answer is `started`
/// or `failed`. The end of file instead: nothing of the restored is wanted.
struct Restored {
  std::int32_t pid = 0;
};

/// One entry of apply_owners, followed by the texts path and capability.
struct OwnerHead {
  std::uint32_t uid = 0, gid = 0, mode = 0, padding = 0;
};

// Of shift_layers, texts: the container's directory, the layers topmost first (a list), and as
// bytes the ShiftedIds of uids and of gids.

// A plan is read where it lies in the packet, so all before it is a multiple of 8 bytes.
static_assert(sizeof(PacketHead) == 8 && sizeof(LaunchHead) == 16 && sizeof(OwnerHead) == 16);

enum class EventType : std::uint32_t { started = 1, failed, ended, done };

/// What comes on a channel. `started` may bring the terminal's master after the pidfd. After `done`
/// comes the end of file, though others may still have copies of the monitor's end.
struct Event {
  EventType type = EventType::done;
  std::int32_t pid = 0;
  std::uint32_t step = 0;   ///< failed: index in the plan
  std::int32_t errnum = 0;  ///< failed; done: 0 is success
  std::uint8_t signaled = 0, oom_killed = 0;
  std::int32_t code = 0;
  std::int64_t finished_ns = 0;
};

/// Reads a packet's parts in the order in which they were written. Past the end all is empty.
class Reader {
 public:
  Reader(const char* data, std::size_t size) : data_(data), left_(size) {}
  template <class T>
  T value() {
    T out{};
    if (left_ < sizeof out) return left_ = 0, out;
    std::memcpy(&out, data_, sizeof out);
    skip(sizeof out);
    return out;
  }
  /// A text; a NUL follows it, else it is none.
  std::string_view text() {
    auto size = value<std::uint64_t>();
    if (size >= left_ || data_[size] != '\0') return left_ = 0, std::string_view("", 0);
    std::string_view out(data_, size);
    skip((size + 8) & ~std::uint64_t{7});
    return out;
  }
  const char* data() const { return data_; }
  std::size_t left() const { return left_; }

 private:
  void skip(std::size_t n) {
    n = n < left_ ? n : left_;
    data_ += n;
    left_ -= n;
  }
  const char* data_;
  std::size_t left_;
};

}  // namespace containerlib::monitor
