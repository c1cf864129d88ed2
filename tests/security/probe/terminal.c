// TIOCSTI and the paste of TIOCLINUX type into a terminal that another program reads, such as the
// shell that has started the container (CVE-2017-5226, CVE-2023-28100).
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "probe.h"

void probe_terminal(void) {
  const long nothing = 1;  // an address that is not mapped: no character where it is not refused
  const struct {
    const char* name;
    long call[7];
  } calls[] = {{"terminal.tiocsti", {SYS_ioctl, 0, TIOCSTI, nothing}},
               {"terminal.tiocsti_high_bits", {SYS_ioctl, 0, 1L << 32 | TIOCSTI, nothing}},
               {"terminal.tioclinux", {SYS_ioctl, 0, TIOCLINUX, nothing}},
               {"terminal.tioclinux_high_bits", {SYS_ioctl, 0, 0xfL << 40 | TIOCLINUX, nothing}}};
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; ++i)
    refused(calls[i].name, outcome(system_call, calls[i].call), EPERM);
}
