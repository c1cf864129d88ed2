/* A shared library that an image has in the places where libraries are looked for: whoever loads it
 * leaves a mark in /given. Linked to nothing. */
#include <fcntl.h>

#include "raw_call.h"

static void __attribute__((constructor)) sprung(void) {
  const long fd = call(__NR_open, (long)"/given/marks", O_WRONLY | O_CREAT | O_APPEND, 0666);
  call(__NR_write, fd, (long)"a library\n", 10);
  call(__NR_close, fd, 0, 0);
}
