#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

static const struct {
  const char* path;
  unsigned major, minor;
} known[] = {{"/dev/null", 1, 3},     {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
             {"/dev/random", 1, 8},   {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
             {"/dev/pts/ptmx", 5, 2}, {"/dev/ptmx", 5, 2}};

static char unknown[256], changeable[256];

// Terminals of the container's own file system: 136 to 143, admin-guide/devices.txt.
static bool is_terminal(const char* path, dev_t device) {
  return (strncmp(path, "/dev/pts/", 9) == 0 || strcmp(path, "/dev/console") == 0) &&
         major(device) >= 136 && major(device) <= 143;
}

// A node that lies elsewhere is one of the host's, which all its programs need as it is.
static void try_to_change(const char* path, const struct stat* node) {
  struct stat folder;
  // A terminal whose node is mounted as /dev/console is one of /dev/pts.
  if (stat("/dev", &folder) == 0 && folder.st_dev != node->st_dev && major(node->st_rdev) < 136 &&
      strncmp(path, "/dev/pts/", 9) != 0 && chmod(path, node->st_mode & 07777) == 0)
    snprintf(changeable, sizeof changeable, "%s", path);
}

static int look(const char* path, const struct stat* info, int kind, struct FTW* where) {
  (void)kind, (void)where;
  if (!S_ISCHR(info->st_mode) && !S_ISBLK(info->st_mode)) return 0;
  try_to_change(path, info);
  if (S_ISCHR(info->st_mode) && is_terminal(path, info->st_rdev)) return 0;
  for (unsigned i = 0; i < sizeof known / sizeof *known; ++i)
    if (S_ISCHR(info->st_mode) && strcmp(path, known[i].path) == 0 &&
        info->st_rdev == makedev(known[i].major, known[i].minor))
      return 0;
  snprintf(unknown, sizeof unknown, "%s is %c %u:%u", path, S_ISBLK(info->st_mode) ? 'b' : 'c',
           major(info->st_rdev), minor(info->st_rdev));
  return 0;
}

static const struct {
  mode_t type;
  unsigned major, minor;
} wanted[] = {
    {S_IFCHR, 1, 1}, {S_IFCHR, 1, 11}, {S_IFCHR, 10, 200}, {S_IFBLK, 7, 0}, {S_IFBLK, 254, 0}};

static bool opens(const char* path, unsigned i) {
  if (mknod(path, wanted[i].type | 0600, makedev(wanted[i].major, wanted[i].minor)) == -1)
    return false;
  const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  // What no driver has is not refused either.
  const bool refusal = fd < 0 && (errno == EPERM || errno == EACCES);
  if (fd >= 0) close(fd);
  unlink(path);
  return !refusal;
}

static void nodes_are_useless(void) {
  static const char* const folders[] = {"/dev", "/dev/shm", "/tmp", ""};
  for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; ++i)
    for (unsigned j = 0; j < sizeof folders / sizeof *folders; ++j) {
      char path[64];
      snprintf(path, sizeof path, "%s/probe-node", folders[j]);
      if (opens(path, i)) {
        fail("devices.mknod", "%s: a node of %u:%u can be opened", path, wanted[i].major,
             wanted[i].minor);
        return;
      }
    }
  ok("devices.mknod");
}

void probe_devices(void) {
  nftw("/dev", look, 16, FTW_PHYS);
  // Masked by /dev/null.
  static const char* const masked[] = {"/proc/interrupts", "/proc/kcore", "/proc/keys",
                                       "/proc/timer_list"};
  for (unsigned i = 0; i < sizeof masked / sizeof *masked; ++i) {
    struct stat info;
    if (lstat(masked[i], &info) == 0 && S_ISCHR(info.st_mode)) try_to_change(masked[i], &info);
  }
  if (*unknown)
    fail("devices.known", "%s", unknown);
  else
    ok("devices.known");
  if (*changeable)
    fail("devices.of_the_host", "the mode of %s can be changed", changeable);
  else
    ok("devices.of_the_host");
  nodes_are_useless();
}
