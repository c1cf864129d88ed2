#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

// A line of /proc/self/mountinfo; see proc_pid_mountinfo(5).
struct mount {
  const char *target, *options, *propagation, *type;
};

static struct mount mounts[512];
static unsigned count;

static void read_mounts(void) {
  static char text[256 * 1024];
  if (!read_text("/proc/self/mountinfo", text, sizeof text)) return;
  for (char *rest = text, *line; (line = strsep(&rest, "\n")) && *line && count < 512;) {
    struct mount* each = &mounts[count++];
    for (int field = 0; field < 4; ++field) strsep(&line, " ");
    each->target = strsep(&line, " ");
    each->options = strsep(&line, " ");
    each->propagation = line;  // up to " - "
    char* end = strstr(line, "- ");
    if (!end) abort();
    each->type = end + 2;
    end[0] = '\0';
    end[2 + strcspn(end + 2, " ")] = '\0';
  }
}

// The last one there covers the others.
static const struct mount* find(const char* target) {
  for (unsigned i = count; i-- > 0;)
    if (strcmp(mounts[i].target, target) == 0) return &mounts[i];
  return 0;
}

static bool has(const char* options, const char* option) {
  const unsigned long length = strlen(option);
  for (const char* at = options; (at = strstr(at, option)); at += length)
    if ((at == options || at[-1] == ',') && (at[length] == ',' || at[length] == '\0')) return true;
  return false;
}

static void has_flags(const char* target, const char* flags) {
  char name[64], wanted[64];
  snprintf(name, sizeof name, "mount.%s", target);
  const struct mount* mount = find(target);
  if (!mount) {
    skip(name, "not mounted");
    return;
  }
  snprintf(wanted, sizeof wanted, "%s", flags);
  for (char *rest = wanted, *flag; (flag = strsep(&rest, ","));)
    if (!has(mount->options, flag)) {
      fail(name, "not %s: %s", flag, mount->options);
      return;
    }
  ok(name);
}

// A device that is mounted alone, over a file; see devices.c and paths.c for which may be there.
static bool is_device(const char* path) {
  struct stat info;
  return lstat(path, &info) == 0 && (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode));
}

static bool is_for_devices(const struct mount* mount) {
  return strcmp(mount->target, "/dev") == 0 || strcmp(mount->type, "devpts") == 0;
}

static void all_have(const char* name, const char* flag, bool with_those_for_devices) {
  for (unsigned i = 0; i < count; ++i)
    if ((with_those_for_devices || !is_for_devices(&mounts[i])) && !is_device(mounts[i].target) &&
        !has(mounts[i].options, flag)) {
      fail(name, "%s: %s", mounts[i].target, mounts[i].options);
      return;
    }
  ok(name);
}

// What is mounted on the host later must not appear here, nor what is mounted here there.
static void none_propagates(void) {
  for (unsigned i = 0; i < count; ++i)
    if (strstr(mounts[i].propagation, "shared:") || strstr(mounts[i].propagation, "master:")) {
      fail("mounts.private", "%s: %s", mounts[i].target, mounts[i].propagation);
      return;
    }
  ok("mounts.private");
}

static void groups_cannot_be_made(void) {
  bool any = false;
  for (unsigned i = 0; i < count; ++i) {
    if (strncmp(mounts[i].type, "cgroup", 6) != 0) continue;
    any = true;
    char path[512];
    snprintf(path, sizeof path, "%s/probe", mounts[i].target);
    const bool made = mkdir(path, 0700) == 0;
    if (made) rmdir(path);
    if (made || !has(mounts[i].options, "ro")) {
      fail("cgroup.read_only", "%s: %s", mounts[i].target,
           made ? "a group was made" : mounts[i].options);
      return;
    }
  }
  if (any)
    ok("cgroup.read_only");
  else
    skip("cgroup.read_only", "none is mounted");
}

void probe_mounts(void) {
  read_mounts();
  has_flags("/", "nosuid,nodev");
  has_flags("/proc", "nosuid,nodev,noexec");
  has_flags("/sys", "ro,nosuid,nodev,noexec");
  has_flags("/dev", "nosuid,noexec");
  has_flags("/dev/shm", "nosuid,nodev,noexec");
  has_flags("/dev/pts", "nosuid,noexec");
  has_flags("/dev/mqueue", "nosuid,nodev,noexec");
  all_have("mounts.nosuid", "nosuid", true);
  all_have("mounts.nodev", "nodev", false);
  none_propagates();
  groups_cannot_be_made();
}
