// A set-user-ID program of root's, executed by another user, must stay that user's.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

enum { ordinary = 1000, became_root = 42, cannot_be_tried = 43 };

static bool copy_self(const char* path) {
  const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
  struct stat info;
  bool good = from >= 0 && to >= 0 && fstat(from, &info) == 0;
  while (good && lseek(to, 0, SEEK_CUR) < info.st_size)
    good = sendfile(to, from, 0, (unsigned long)info.st_size) > 0;
  good = good && fchmod(to, 04755) == 0;
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  return good;
}

static int execute_as_other(const char* path) {
  const pid_t child = fork();
  if (child == 0) {
    if (setresgid(ordinary, ordinary, ordinary) == -1 ||
        setresuid(ordinary, ordinary, ordinary) == -1)
      _exit(cannot_be_tried);
    execl(path, path, "setuid=yes", (char*)0);
    _exit(cannot_be_tried);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : cannot_be_tried;
}

int setuid_copy(void) { return geteuid() == 0 ? became_root : 0; }

void probe_setuid(void) {
  static const char* const paths[] = {"/tmp/probe-setuid", "/probe-setuid", "/run/probe-setuid"};
  if (geteuid() != 0) {
    skip("setuid", "needs root in the container");
    return;
  }
  int result = cannot_be_tried;
  for (unsigned i = 0; i < 3 && result == cannot_be_tried; ++i) {
    if (copy_self(paths[i])) result = execute_as_other(paths[i]);
    unlink(paths[i]);
  }
  if (result == cannot_be_tried)
    skip("setuid", "no second user, or nowhere to write");
  else if (result == became_root)
    fail("setuid", "a program of root's became root");
  else
    ok("setuid");
}
