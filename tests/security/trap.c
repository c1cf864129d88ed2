/* A shared library that an image has in the places where libraries are looked for: whoever loads it
 * leaves a mark in /shared. Linked to nothing. */
#include <asm/unistd.h>
#include <fcntl.h>

static long call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c)
                   : "rcx", "r11", "memory");
  return result;
}

static void __attribute__((constructor)) sprung(void) {
  const long fd = call(__NR_open, (long)"/shared/marks", O_WRONLY | O_CREAT | O_APPEND, 0666);
  call(__NR_write, fd, (long)"a library\n", 10);
  call(__NR_close, fd, 0, 0);
}
