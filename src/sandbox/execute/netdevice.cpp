#include "sandbox/execute/netdevice.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstring>

#include "linux/syscalls.hpp"
#include "sandbox/execute/proc_path.hpp"

// rtnetlink(7). The runner has one thread, so it can enter the process's network namespace for as
// long as it takes to open a socket there.
namespace containerlib::sandbox {
namespace {

constexpr std::size_t message_size = 512;

/// One request, built up by attributes.
struct Request {
  alignas(nlmsghdr) char bytes[message_size] = {};
  nlmsghdr& head() { return *reinterpret_cast<nlmsghdr*>(bytes); }

  template <class Body>
  Request(std::uint16_t type, std::uint16_t flags, const Body& body) {
    head().nlmsg_len = NLMSG_LENGTH(sizeof body);
    head().nlmsg_type = type;
    head().nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    std::memcpy(NLMSG_DATA(bytes), &body, sizeof body);
  }
  /// False: there is no room.
  bool add(std::uint16_t type, const void* data, std::size_t size) {
    const std::size_t at = NLMSG_ALIGN(head().nlmsg_len);
    if (at + RTA_SPACE(size) > sizeof bytes) return false;
    rtattr attribute{static_cast<unsigned short>(RTA_LENGTH(size)), type};
    std::memcpy(bytes + at, &attribute, sizeof attribute);
    std::memcpy(bytes + at + RTA_LENGTH(0), data, size);
    head().nlmsg_len = static_cast<std::uint32_t>(at + RTA_SPACE(size));
    return true;
  }
};

int open_netlink() {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  return fd < 0 ? -errno : fd;
}

/// Sends a request with NLM_F_ACK and waits for the answer: 0 or -errno.
int transact(int netlink, Request& request) {
  request.head().nlmsg_flags |= NLM_F_ACK;
  if (::send(netlink, request.bytes, request.head().nlmsg_len, 0) < 0) return -errno;
  alignas(nlmsghdr) char answer[message_size * 2];
  const ssize_t got = ::recv(netlink, answer, sizeof answer, 0);
  if (got < 0) return -errno;
  const auto* head = reinterpret_cast<const nlmsghdr*>(answer);
  if (got < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr))) || head->nlmsg_type != NLMSG_ERROR)
    return -EPROTO;
  return static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error;
}

/// A netlink socket in the network namespace of a process, or -errno.
int open_netlink_of(int pid) {
  const int own = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (own < 0) return -errno;
  const int other = ::open(ProcPath(pid, "/ns/net").text, O_RDONLY | O_CLOEXEC);
  long result = other < 0 ? -errno : sys::raw(SYS_setns, other, CLONE_NEWNET);
  if (result == 0) {
    result = open_netlink();
    const long back = sys::raw(SYS_setns, own, CLONE_NEWNET);
    if (back < 0) result = back;
  }
  if (other >= 0) ::close(other);
  ::close(own);
  return static_cast<int>(result);
}

/// The index of an interface by its index (0: any) or name: -ENODEV when there is none.
int find_link(int netlink, int index, const char* name) {
  ifinfomsg link{};
  link.ifi_index = index;
  Request request(RTM_GETLINK, 0, link);
  if (name && !request.add(IFLA_IFNAME, name, std::strlen(name) + 1)) return -ENAMETOOLONG;
  if (::send(netlink, request.bytes, request.head().nlmsg_len, 0) < 0) return -errno;
  alignas(nlmsghdr) char answer[16384];
  if (::recv(netlink, answer, sizeof answer, 0) < 0) return -errno;
  const auto* head = reinterpret_cast<const nlmsghdr*>(answer);
  if (head->nlmsg_type == NLMSG_ERROR) return static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error;
  return static_cast<const ifinfomsg*>(NLMSG_DATA(head))->ifi_index;
}

/// The interface's own index in its new namespace, or the next that is free there.
int free_index(int netlink, int index) {
  for (;; ++index)
    if (int found = find_link(netlink, index, nullptr); found < 0)
      return found == -ENODEV ? index : found;
}

/// The lasting addresses of an interface: RTM_NEWADDR messages one after another.
struct Addresses {
  alignas(nlmsghdr) char bytes[16384];
  std::size_t size = 0;
};

bool is_lasting(const nlmsghdr& head, int index) {
  const auto* address = static_cast<const ifaddrmsg*>(NLMSG_DATA(&head));
  return head.nlmsg_type == RTM_NEWADDR && address->ifa_index == static_cast<unsigned>(index) &&
         address->ifa_scope == RT_SCOPE_UNIVERSE && address->ifa_flags & IFA_F_PERMANENT;
}

int keep_lasting(Addresses& out, const nlmsghdr& head, int index) {
  if (!is_lasting(head, index)) return 0;
  if (out.size + NLMSG_ALIGN(head.nlmsg_len) > sizeof out.bytes) return -E2BIG;
  std::memcpy(out.bytes + out.size, &head, head.nlmsg_len);
  out.size += NLMSG_ALIGN(head.nlmsg_len);
  return 0;
}

int read_addresses(int netlink, int index, Addresses& out) {
  Request dump(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{});
  if (::send(netlink, dump.bytes, dump.head().nlmsg_len, 0) < 0) return -errno;
  for (;;) {
    alignas(nlmsghdr) char answer[32768];
    const ssize_t got = ::recv(netlink, answer, sizeof answer, MSG_TRUNC);
    if (got < 0) return -errno;
    if (got > static_cast<ssize_t>(sizeof answer)) return -E2BIG;
    auto left = static_cast<unsigned>(got);
    for (auto* head = reinterpret_cast<nlmsghdr*>(answer); NLMSG_OK(head, left);
         head = NLMSG_NEXT(head, left)) {
      if (head->nlmsg_type == NLMSG_DONE) return 0;
      if (head->nlmsg_type == NLMSG_ERROR) return static_cast<nlmsgerr*>(NLMSG_DATA(head))->error;
      if (int r = keep_lasting(out, *head, index); r < 0) return r;
    }
  }
}

int move_link(int netlink, int index, int new_index, const char* new_name, int pid) {
  ifinfomsg link{};
  link.ifi_index = index;
  Request request(RTM_NEWLINK, 0, link);
  request.add(IFLA_NET_NS_PID, &pid, sizeof pid);
  if (!request.add(IFLA_IFNAME, new_name, std::strlen(new_name) + 1)) return -ENAMETOOLONG;
  if (new_index != index) request.add(IFLA_NEW_IFINDEX, &new_index, sizeof new_index);
  return transact(netlink, request);
}

/// The attributes of an address that make it: where it is, how far it reaches, what it is called.
bool is_kept(const rtattr& attribute) {
  switch (attribute.rta_type) {
    case IFA_LOCAL:
    case IFA_ADDRESS:
    case IFA_BROADCAST:
    case IFA_RT_PRIORITY: return true;
    default: return false;
  }
}

int add_address(int netlink, const nlmsghdr& kept, int index) {
  ifaddrmsg address;
  std::memcpy(&address, NLMSG_DATA(&kept), sizeof address);
  address.ifa_index = static_cast<unsigned>(index);
  Request request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address);
  auto left = static_cast<int>(IFA_PAYLOAD(&kept));
  const auto* data = static_cast<const ifaddrmsg*>(NLMSG_DATA(&kept));
  for (auto* attribute = IFA_RTA(const_cast<ifaddrmsg*>(data)); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left))
    if (is_kept(*attribute) &&
        !request.add(attribute->rta_type, RTA_DATA(attribute), RTA_PAYLOAD(attribute)))
      return -E2BIG;
  return transact(netlink, request);
}

int add_addresses(int netlink, const Addresses& addresses, int index) {
  auto left = static_cast<unsigned>(addresses.size);
  for (auto* head = reinterpret_cast<const nlmsghdr*>(addresses.bytes); NLMSG_OK(head, left);
       head = NLMSG_NEXT(head, left))
    if (int r = add_address(netlink, *head, index); r < 0) return r;
  return 0;
}

int bring_up(int netlink, int index) {
  ifinfomsg link{};
  link.ifi_index = index;
  link.ifi_flags = link.ifi_change = IFF_UP;
  Request request(RTM_NEWLINK, 0, link);
  return transact(netlink, request);
}

int move(int here, int there, const MoveNetdevice& s, const Launch& l, int pid) {
  const char* new_name = l.plan.str(s.new_name);
  const int index = find_link(here, 0, l.plan.str(s.name));
  if (index < 0) return index;
  // The kernel would find out after the move, when it renames. A template ("eth%d") takes a free
  // one.
  if (!std::strchr(new_name, '%'))
    if (int taken = find_link(there, 0, new_name); taken != -ENODEV)
      return taken < 0 ? taken : -EEXIST;
  Addresses addresses;
  if (int r = read_addresses(here, index, addresses); r < 0) return r;
  const int new_index = free_index(there, index);
  if (new_index < 0) return new_index;
  if (int r = move_link(here, index, new_index, new_name, pid); r < 0) return r;
  if (int r = add_addresses(there, addresses, new_index); r < 0) return r;
  return bring_up(there, new_index);
}

}  // namespace

int move_netdevice(const Launch& l, const MoveNetdevice& s, int pid) {
  const int here = open_netlink();
  if (here < 0) return here;
  const int there = open_netlink_of(pid);
  const int result = there < 0 ? there : move(here, there, s, l, pid);
  if (there >= 0) ::close(there);
  ::close(here);
  return result;
}

}  // namespace containerlib::sandbox
