// A session keyring is the login session's unless a new one was joined.
#include <errno.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

void probe_keyring(void) {
  char text[256] = "";
  const long length =
      syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof text - 1);
  if (length < 0 && (errno == EPERM || errno == ENOSYS)) {
    skip("keyring", "keyctl is refused");
    return;
  }
  // "keyring;0;0;3f010000;_ses.name"
  const char* name = strrchr(text, ';');
  if (name && strncmp(name, ";_ses.", 6) == 0)
    ok("keyring");
  else
    fail("keyring", "%s", text);
}
