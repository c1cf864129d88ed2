// The other sets of system calls of an x86-64 kernel: a filter that looks at numbers alone would
// take them for different calls.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#ifdef __x86_64__
#include <signal.h>

// https://man7.org/linux/man-pages/man2/syscall.2.html: i386
static long interrupt_80(const long* args) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(args[0]), "b"(args[1]), "c"(args[2]), "d"(args[3])
                   : "memory", "r8", "r9", "r10", "r11");
  if (result >= 0 || result < -4095) return result;
  errno = (int)-result;
  return -1;
}

static void i386(const char* name, const long* call) {
  const int seen = outcome(interrupt_80, call);
  if (seen == -SIGSEGV)
    skip(name, "the kernel has no 32-bit calls");
  else
    refused(name, seen, ENOSYS);
}

void probe_foreign_abi(void) {
  static const long getpid_32[4] = {20}, keyctl_32[4] = {288, 0, -3, 0},
                    mount_32[4] = {21, 1, 1, 1};
  static const long socket_32[4] = {359, AF_ALG, SOCK_SEQPACKET, 0};
  i386("i386.getpid", getpid_32);
  i386("i386.keyctl", keyctl_32);
  i386("i386.mount", mount_32);
  i386("i386.socket", socket_32);
  const long x32 = 0x40000000;
  const long getpid_x32[7] = {x32 | 39}, keyctl_x32[7] = {x32 | 250, 0, -3, 0};
  refused("x32.getpid", outcome(system_call, getpid_x32), ENOSYS);
  refused("x32.keyctl", outcome(system_call, keyctl_x32), ENOSYS);
}
#else
void probe_foreign_abi(void) { skip("i386.getpid", "this is not an x86-64 processor"); }
#endif
