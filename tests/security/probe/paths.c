// Files of /proc and /sys that tell of the host or change it.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "probe.h"

static bool has_entries(int folder) {
  DIR* list = fdopendir(folder);
  if (!list) return false;
  bool any = false;
  for (struct dirent* entry; (entry = readdir(list));) any = any || entry->d_name[0] != '.';
  closedir(list);
  return any;
}

static void shows_nothing(const char* path) {
  char name[64], byte;
  snprintf(name, sizeof name, "masked.%s", path);
  struct stat info;
  const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    skip(name, "not in this kernel");
    return;
  }
  const bool folder = fd >= 0 && fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
  if (folder ? has_entries(fd) : fd >= 0 && read(fd, &byte, 1) > 0)
    fail(name, "can be read");
  else
    ok(name);
  if (fd >= 0 && !folder) close(fd);
}

static void is_read_only(const char* path) {
  char name[64];
  snprintf(name, sizeof name, "read_only.%s", path);
  struct statvfs info;
  if (statvfs(path, &info) == -1)
    skip(name, "not in this kernel");
  else if (info.f_flag & ST_RDONLY)
    ok(name);
  else
    fail(name, "is writable to whoever has the right");
}

// Opening changes nothing yet.
static void refuses_writers(const char* path) {
  char name[80];
  snprintf(name, sizeof name, "not_writable.%s", path);
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd >= 0) {
    close(fd);
    fail(name, "was opened to write");
  } else if (errno == ENOENT) {
    skip(name, "not in this kernel");
  } else {
    ok(name);
  }
}

void probe_paths(void) {
  static const char* const masked[] = {
      "/proc/acpi",        "/proc/asound",  "/proc/interrupts",
      "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
      "/proc/sched_debug", "/proc/scsi",    "/proc/timer_list",
      "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap"};
  static const char* const read_only[] = {
      "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", "/sys"};
  static const char* const settings[] = {"/proc/sys/kernel/core_pattern",
                                         "/proc/sys/kernel/hostname",
                                         "/proc/sys/kernel/modprobe",
                                         "/proc/sys/kernel/randomize_va_space",
                                         "/proc/sys/fs/binfmt_misc/register",
                                         "/proc/sys/vm/overcommit_memory",
                                         "/proc/sysrq-trigger",
                                         "/proc/irq/default_smp_affinity",
                                         "/sys/kernel/uevent_helper",
                                         "/sys/kernel/mm/ksm/run",
                                         "/sys/power/state",
                                         "/sys/kernel/mm/transparent_hugepage/enabled"};
  for (unsigned i = 0; i < sizeof masked / sizeof *masked; ++i) shows_nothing(masked[i]);
  for (unsigned i = 0; i < sizeof read_only / sizeof *read_only; ++i) is_read_only(read_only[i]);
  for (unsigned i = 0; i < sizeof settings / sizeof *settings; ++i) refuses_writers(settings[i]);
}
