// Socket families are code of the kernel that is loaded on demand and that few have ever used.
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "probe.h"

static const struct {
  const char* name;
  int family, expected;
} families[] = {{"alg", AF_ALG, EPERM},           {"vsock", AF_VSOCK, EPERM},
                {"packet", AF_PACKET, EPERM},     {"key", AF_KEY, EAFNOSUPPORT},
                {"xdp", AF_XDP, EAFNOSUPPORT},    {"bluetooth", AF_BLUETOOTH, EAFNOSUPPORT},
                {"can", AF_CAN, EAFNOSUPPORT},    {"tipc", AF_TIPC, EAFNOSUPPORT},
                {"rds", AF_RDS, EAFNOSUPPORT},    {"smc", AF_SMC, EAFNOSUPPORT},
                {"pppox", AF_PPPOX, EAFNOSUPPORT}};

static bool is_named(int family) {
  for (unsigned i = 0; i < sizeof families / sizeof *families; ++i)
    if (families[i].family == family) return true;
  return family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
}

// Which types a family has is not said here: one of these is enough.
static int outcome_of_family(long call, long family) {
  static const int types[] = {SOCK_DGRAM, SOCK_STREAM, SOCK_SEQPACKET, SOCK_RAW};
  int seen = 0, refusal = 0;
  for (unsigned i = 0; i < sizeof types / sizeof *types; ++i) {
    int pair[2];
    const long words[7] = {call, family, types[i], 0, (long)pair};
    seen = outcome(system_call, words);
    if (seen != EPERM && seen != EAFNOSUPPORT && seen != ENOSYS) return seen;
    if (!refusal) refusal = seen;
  }
  return refusal;
}

void probe_sockets(void) {
  char name[64];
  for (unsigned i = 0; i < sizeof families / sizeof *families; ++i) {
    snprintf(name, sizeof name, "socket.%s", families[i].name);
    refused(name, outcome_of_family(SYS_socket, families[i].family), families[i].expected);
  }
  refused("socketpair.alg", outcome_of_family(SYS_socketpair, AF_ALG), EPERM);
  // The kernel looks at 32 bits of it.
  refused("socket.alg_high_bits", outcome_of_family(SYS_socket, 1L << 32 | AF_ALG), EPERM);
  const long raw[7] = {SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP};
  refused("socket.raw", outcome(system_call, raw), EPERM);

  char reached[256] = "";
  for (int family = 0; family < 64; ++family) {
    if (is_named(family) || outcome_of_family(SYS_socket, family) == EAFNOSUPPORT) continue;
    const unsigned long length = strlen(reached);
    snprintf(reached + length, sizeof reached - length, " %d", family);
  }
  if (*reached)
    fail("socket.others", "families%s", reached);
  else
    ok("socket.others");
}
