#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static bool failed;

static void print(const char* kind, const char* name, const char* format, va_list values) {
  printf("%s %s ", kind, name);
  vprintf(format, values);
  putchar('\n');
  fflush(stdout);  // or children would print it again
}

void ok(const char* name) {
  printf("ok %s\n", name);
  fflush(stdout);
}

void fail(const char* name, const char* seen, ...) {
  va_list values;
  va_start(values, seen);
  print("FAIL", name, seen, values);
  va_end(values);
  failed = true;
}

void skip(const char* name, const char* why, ...) {
  va_list values;
  va_start(values, why);
  print("skip", name, why, values);
  va_end(values);
}

bool anything_failed(void) { return failed; }

long system_call(const long* args) {
  return syscall(args[0], args[1], args[2], args[3], args[4], args[5], args[6]);
}

int outcome(long (*call)(const long* args), const long* args) {
  const pid_t child = fork();
  if (child == 0) _exit(call(args) == -1 ? errno : 0);
  int status;
  if (child < 0 || waitpid(child, &status, 0) != child) return ECHILD;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static bool is_refusal(int seen) {
  return seen == EPERM || seen == ENOSYS || seen == EACCES || seen == EAFNOSUPPORT;
}

void refused(const char* name, int seen, int expected) {
  const bool any = expected == 0 || argument("refusal");
  if (any ? is_refusal(seen) : seen == expected)
    ok(name);
  else if (seen < 0)
    fail(name, "killed by signal %d", -seen);
  else
    fail(name, "%s, not %s", seen ? strerrorname_np(seen) : "allowed",
         any ? "refused" : strerrorname_np(expected));
}

bool read_text(const char* path, char* buffer, unsigned long size) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  unsigned long length = 0;
  long got;
  while (length < size - 1 && (got = read(fd, buffer + length, size - 1 - length)) > 0)
    length += (unsigned long)got;
  close(fd);
  buffer[length] = '\0';
  return true;
}

const char* status_of_self(const char* name) {
  static char text[16384];
  char wanted[64];
  if (!read_text("/proc/self/status", text, sizeof text)) return "";
  snprintf(wanted, sizeof wanted, "\n%s:\t", name);
  char* value = strstr(text, wanted);
  if (!value) return "";
  value += strlen(wanted);
  value[strcspn(value, "\n")] = '\0';
  return value;
}
