#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

static void is_own(const char* kind) {
  char name[32], path[32];
  snprintf(name, sizeof name, "ns.%s", kind);
  snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
  const char* host = argument(name);
  struct stat info;
  if (!host)
    skip(name, "the host's was not given");
  else if (stat(path, &info) == -1)
    fail(name, "%s cannot be read", path);
  else if (info.st_ino == strtoul(host, 0, 10))
    fail(name, "the host's");
  else
    ok(name);
}

// Of a namespace of its own every group is the root: the host's paths cannot be seen.
static void groups_are_hidden(void) {
  char text[8192];
  if (!read_text("/proc/self/cgroup", text, sizeof text)) {
    skip("cgroup.paths", "no /proc/self/cgroup");
    return;
  }
  for (char *rest = text, *line; (line = strsep(&rest, "\n")) && *line;) {
    const char* path = strrchr(line, ':');
    if (path && strcmp(path, ":/") != 0) {
      fail("cgroup.paths", "%s", line);
      return;
    }
  }
  ok("cgroup.paths");
}

static void hostname_is_own(void) {
  const char* host = argument("hostname");
  char own[256] = "";
  gethostname(own, sizeof own - 1);
  if (!host)
    skip("hostname", "the host's was not given");
  else if (strcmp(host, own) == 0)
    fail("hostname", "the host's: %s", own);
  else
    ok("hostname");
}

void probe_namespaces(void) {
  static const char* const kinds[] = {"user", "mnt", "pid", "ipc", "uts", "cgroup", "net"};
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; ++i) is_own(kinds[i]);
  groups_are_hidden();
  hostname_is_own();
}
