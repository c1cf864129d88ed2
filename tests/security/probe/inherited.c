// What came along from whoever has started the container.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

extern char** environ;

static void descriptors(void) {
  for (int fd = 3; fd < 65536; ++fd)
    if (fcntl(fd, F_GETFD) != -1) {
      char path[64], target[256] = "";
      snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
      const long length = readlink(path, target, sizeof target - 1);
      target[length > 0 ? length : 0] = '\0';
      fail("descriptors", "%d is %s", fd, target);
      return;
    }
  ok("descriptors");
}

static bool is_expected(const char* variable) {
  // "container" is what systemd asks runtimes to set: https://systemd.io/CONTAINER_INTERFACE/
  static const char* const names[] = {"PATH", "HOME", "HOSTNAME", "TERM", "container", "PWD"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; ++i) {
    const unsigned long length = strlen(names[i]);
    if (strncmp(variable, names[i], length) == 0 && variable[length] == '=') return true;
  }
  return false;
}

static void environment(void) {
  for (char** each = environ; *each; ++each)
    if (!is_expected(*each)) {
      fail("environment", "%.*s", (int)strcspn(*each, "="), *each);
      return;
    }
  ok("environment");
}

static void environment_of_process_1(void) {
  char text[65536];
  const int fd = open("/proc/1/environ", O_RDONLY | O_CLOEXEC);
  const long length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  text[length > 0 ? length : 0] = '\0';
  for (const char* each = text; each < text + length; each += strlen(each) + 1)
    if (*each && !is_expected(each)) {
      fail("process_1.environment", "%.*s", (int)strcspn(each, "="), each);
      return;
    }
  ok("process_1.environment");
}

// A program of the host that can be opened there can be read, or overwritten (CVE-2019-5736).
static void program_of_process_1(void) {
  char path[4096];
  const long length = readlink("/proc/1/exe", path, sizeof path - 1);
  if (length < 0) {
    if (errno == EACCES || errno == EPERM)
      ok("process_1.program");
    else
      fail("process_1.program", "%s", strerror(errno));
    return;
  }
  path[length] = '\0';
  struct stat program, same;
  if (stat("/proc/1/exe", &program) == 0 && stat(path, &same) == 0 &&
      program.st_dev == same.st_dev && program.st_ino == same.st_ino)
    ok("process_1.program");
  else
    fail("process_1.program", "%s is none of this root", path);
}

void probe_inherited(void) {
  descriptors();
  environment();
  environment_of_process_1();
  program_of_process_1();
}
