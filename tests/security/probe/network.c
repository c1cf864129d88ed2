#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

// Abstract sockets have no file whose permissions could keep a container out (CVE-2020-15257).
static void cannot_connect(const char* name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const unsigned length = (unsigned)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
  if (connect(fd, (struct sockaddr*)&address, length) == 0)
    fail("abstract_sockets.connect", "@%s of the host", name);
  else
    ok("abstract_sockets.connect");
  close(fd);
}

static void sees_none(void) {
  static char text[1 << 20];
  if (!read_text("/proc/net/unix", text, sizeof text)) {
    skip("abstract_sockets.seen", "no /proc/net/unix");
    return;
  }
  const char* first = strchr(text, '@');
  if (first)
    fail("abstract_sockets.seen", "%.*s", (int)strcspn(first, "\n"), first);
  else
    ok("abstract_sockets.seen");
}

void probe_network(void) {
  if (argument("abstract"))
    cannot_connect(argument("abstract"));
  else
    skip("abstract_sockets.connect", "no socket of the host was given");
  sees_none();
}
