#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

// docs/security.md: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP,
// NET_BIND_SERVICE, SYS_CHROOT, SETFCAP.
static const unsigned long documented = 0x800405fb;

static void at_most(const char* name, const char* set, unsigned long most) {
  const unsigned long more = strtoul(status_of_self(set), 0, 16) & ~most;
  if (more)
    fail(name, "also has %016lx", more);
  else
    ok(name);
}

static void is(const char* name, const char* field, const char* wanted) {
  const char* value = status_of_self(field);
  if (strcmp(value, wanted) == 0)
    ok(name);
  else
    fail(name, "%s is %s", field, *value ? value : "unknown");
}

// A group that has no number here is one of the host's that was not given up.
static void groups(void) {
  gid_t list[1024];
  const int count = getgroups(1024, list);
  for (int i = 0; i < count; ++i)
    if (list[i] == 65534) {
      if (argument("single_id"))
        skip("groups.none_of_the_host", "who has one id only may not give up groups");
      else
        fail("groups.none_of_the_host", "is in a group that the user namespace does not have");
      return;
    }
  ok("groups.none_of_the_host");
}

// Files of /proc/sys belong to the host's root, whose number here tells which user that is.
static void host_root(void) {
  struct stat info;
  if (stat("/proc/sys/kernel/core_pattern", &info) == -1)
    skip("ids.not_the_hosts_root", "there is no /proc/sys");
  else if (info.st_uid == 0)
    fail("ids.not_the_hosts_root", "user 0 is user 0 of the host");
  else
    ok("ids.not_the_hosts_root");
}

void probe_credentials(void) {
  at_most("capabilities.inheritable", "CapInh", 0);
  at_most("capabilities.ambient", "CapAmb", 0);
  at_most("capabilities.bounding", "CapBnd", documented);
  at_most("capabilities.permitted", "CapPrm", documented);
  at_most("capabilities.effective", "CapEff", documented);
  is("no_new_privileges", "NoNewPrivs", "1");
  is("seccomp.filter", "Seccomp", "2");
  groups();
  host_root();
}
